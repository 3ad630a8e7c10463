package datatheorem

import (
	"maps"
	"slices"
	"strings"

	"ticketd/internal/finding"
)

// fields fills the attributes and tells which path filled each.
func fields(entry Entry, data *object) (map[finding.Field]string, map[finding.Field]string) {
	values := map[finding.Field]string{}
	paths := map[finding.Field]string{}
	for name, candidates := range entry.Fields {
		text, path := data.first(candidates)
		if text == "" {
			continue
		}
		if prose(name) {
			text = unescape(text)
		}
		values[name], paths[name] = text, "event.data."+path
	}
	return values, paths
}

func prose(name finding.Field) bool {
	switch name {
	case finding.Description, finding.Recommendation, finding.AdditionalInfo, finding.Explanation:
		return true
	default:
		return false
	}
}

// unescape turns the two characters backslash and n, which Data Theorem sends where a line break
// was meant (seen in the guide's own example), into a line break.
func unescape(text string) string {
	for _, sent := range []string{`\r\n`, `\n`, `\r`, "\r\n"} {
		text = strings.ReplaceAll(text, sent, "\n")
	}
	return strings.ReplaceAll(text, `\t`, "\t")
}

// fieldPaths gives the candidate paths in event.data for each attribute of a kind, best first. The
// names come from the guide's violation and from the Results APIs; those that only the REST APIs
// show, or that are a guess, come last (facts/datatheorem.md 3).
func fieldPaths(kind finding.Kind) map[finding.Field][]string {
	paths := commonPaths()
	switch kind {
	case finding.Violation:
		maps.Copy(paths, violationPaths())
		maps.Copy(paths, assetPaths("affected_asset.", "asset."))
	case finding.Service:
		maps.Copy(paths, assetPaths("", "affected_asset.", "network_service.", "asset."))
	case finding.Target, finding.Parent:
		maps.Copy(paths, mobilePaths())
	}
	return paths
}

// knownFields lists the attributes that an entry may fill.
func knownFields() []finding.Field {
	all := commonPaths()
	maps.Copy(all, violationPaths())
	maps.Copy(all, assetPaths(""))
	maps.Copy(all, mobilePaths())
	return slices.Sorted(maps.Keys(all))
}

func commonPaths() map[finding.Field][]string {
	return map[finding.Field][]string{
		finding.Title:          {"title", "summary"},
		finding.Description:    {"description"},
		finding.Recommendation: {"recommendation"},
		finding.AdditionalInfo: {"additional_information", "additional_info"},
		finding.Severity:       {"severity"},
		finding.Relevance:      {"relevance"},
		finding.Priority:       {"priority"},
		finding.Category:       {"category"},
		finding.ExternalID:     {"external_id"},
		finding.PortalURL:      {"portal_url"},
		finding.Explanation:    {"exception_explanation", "explanation", "closed_explanation", "status_explanation"},
		finding.ExplainedAt:    {"exception_date_created", "explanation_date_created"},
		finding.DateCreated:    {"date_created"},
	}
}

func violationPaths() map[finding.Field][]string {
	return map[finding.Field][]string{
		finding.Title:           {"title", "name", "summary"},
		finding.Policy:          {"policy_name", "policy.name"},
		finding.PolicyUUID:      {"policy_uuid", "policy_id", "policy.uuid", "policy.id"},
		finding.PolicyPortalURL: {"policy_portal_url", "policy.portal_url"},
		finding.PolicyRule:      {"violated_policy_rule_uuid", "violated_policy_rule_id", "policy_rule_uuid", "violated_policy_rule.uuid", "policy_rule.uuid"},
		finding.PolicyRuleType: {"violated_policy_rule_type_uuid", "violated_policy_rule_type_id", "policy_rule_type_uuid", "policy_rule_type_id",
			"violated_policy_rule_type.uuid", "policy_rule_type.uuid"},
		finding.PolicyRuleTitle: {"violated_policy_rule_title", "violated_policy_rule_type_title", "policy_rule_title", "policy_rule_type_title",
			"violated_policy_rule_name", "violated_policy_rule_type.title", "violated_policy_rule.title", "policy_rule_type.title", "policy_rule.title"},
	}
}

// assetPaths gives the paths of the asset's attributes, which are nested under one of the prefixes;
// for a service the asset is event.data itself, prefix "".
func assetPaths(prefixes ...string) map[finding.Field][]string {
	members := map[finding.Field][]string{
		finding.AssetName:          {"name"},
		finding.AssetType:          {"type", "asset_type"},
		finding.AssetURL:           {"url", "base_url"},
		finding.AssetUUID:          {"uuid", "id"},
		finding.AssetGroup:         {"belongs_to_asset_group.name", "asset_group.name", "asset_group_name"},
		finding.AssetGroupUUID:     {"belongs_to_asset_group.uuid", "belongs_to_asset_group.id", "asset_group.uuid", "asset_group.id"},
		finding.AssetHostedOn:      {"hosted_on"},
		finding.AssetDiscoveredVia: {"discovered_via"},
		finding.AssetPortalURL:     {"portal_url"},
	}
	paths := make(map[finding.Field][]string, len(members))
	for name, tails := range members {
		for _, prefix := range prefixes {
			for _, tail := range tails {
				paths[name] = append(paths[name], prefix+tail)
			}
		}
	}
	return paths
}

func mobilePaths() map[finding.Field][]string {
	of := func(member string) []string {
		return []string{member, "security_finding." + member, "finding." + member}
	}
	return map[finding.Field][]string{
		finding.Title:          {"title", "security_finding.title", "finding.title", "issue_type.title", "issue_title", "name", "summary"},
		finding.Description:    of("description"),
		finding.Recommendation: of("recommendation"),
		finding.Severity:       of("severity"),
		finding.Priority:       of("priority"),
		finding.Category:       of("category"),
		finding.AppID:          {"mobile_app_id", "mobile_app_uuid", "mobile_app.id", "mobile_app.uuid", "app_id", "security_finding.mobile_app_id"},
		finding.AppName:        {"mobile_app_name", "mobile_app.name", "app_name"},
		finding.Platform:       {"mobile_app_platform", "mobile_app.platform", "platform"},
		finding.IssueTypeID:    {"issue_type_id", "issue_type.id", "security_finding.issue_type_id"},
		finding.AssetName:      {"affected_component", "affected_component.name", "component"},
	}
}

func idPaths(kind finding.Kind) []string {
	switch kind {
	case finding.Service:
		return []string{"uuid", "id", "network_service.uuid", "affected_asset.uuid", "asset.uuid"}
	case finding.Violation:
		return []string{"uuid", "id", "policy_violation_uuid", "policy_violation_id"}
	default:
		return []string{"uuid", "id", "security_finding_target_uuid", "security_finding_target_id", "finding_target_id"}
	}
}

func parentPaths() []string {
	return []string{"security_finding_uuid", "security_finding_id", "security_finding.uuid", "security_finding.id",
		"finding_uuid", "finding_id", "finding.uuid", "finding.id"}
}

// subjectPaths gives where a note says what it was written on.
func subjectPaths(kind finding.Kind) []string {
	switch kind {
	case finding.Violation:
		return []string{"policy_violation_uuid", "policy_violation_id", "policy_violation.uuid", "policy_violation.id"}
	case finding.Service:
		return []string{"network_service_uuid", "network_service_id", "network_service.uuid", "network_service.id"}
	case finding.Target:
		return []string{"security_finding_target_uuid", "security_finding_target_id", "finding_target_id", "target_id"}
	default:
		return parentPaths()
	}
}
