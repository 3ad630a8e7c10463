package config

import (
	"bytes"
	"cmp"
	"encoding/json"
	"log/slog"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/internal/finding"
	"ticketd/mapping"
)

// generator makes the schema of the structs.
type generator struct {
	comments    comments
	definitions map[string]any
}

func TestTheSchemaIsThatOfTheStructs(t *testing.T) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(generated(t)); err != nil {
		t.Fatal(err)
	}
	golden(t, "schema.json", out.String())
	if !*update && Schema() != out.String() {
		t.Error("Schema gives something else")
	}
}

func generated(t *testing.T) map[string]any {
	t.Helper()
	g := generator{comments: commentsOf(t, "config.go", "../../mapping/spec.go", "../datatheorem/table.go", "../finding/finding.go"), definitions: map[string]any{}}
	s := g.object(reflect.TypeFor[Config](), nil)
	s["$schema"] = "http://json-schema.org/draft-07/schema#"
	s["title"] = "Configuration of ticketd"
	s["definitions"] = g.definitions
	return s
}

// object describes a struct without the keys left out.
func (g generator) object(t reflect.Type, leftOut []string) map[string]any {
	properties := map[string]any{}
	for name, index := range fieldsOf(t) {
		if slices.Contains(leftOut, name) {
			continue
		}
		owner, f := t, t.FieldByIndex(index)
		for _, i := range index[:len(index)-1] {
			owner = owner.Field(i).Type
		}
		p := g.key(owner.Name()+"."+name, f.Type)
		p["description"] = g.describe(owner, f)
		properties[name] = p
	}
	s := map[string]any{"type": "object", "additionalProperties": false, "properties": properties, "description": g.comments.of(t, "")}
	if needed := requiredKeys()[t.Name()]; needed != nil {
		s["required"] = needed
	}
	return s
}

// describe says what a key means: by the comment of its field, of its type, or for what a rule can
// match by the table of the finding's fields.
func (g generator) describe(owner reflect.Type, f reflect.StructField) string {
	text := cmp.Or(g.comments.of(owner, f.Name), g.comments.of(f.Type, ""))
	if owner != reflect.TypeFor[mapping.Match]() {
		return text
	}
	for _, field := range mapping.Fields() {
		if field.Name == f.Tag.Get("toml") {
			text = field.Meaning + ", e.g. " + field.Example + ". " + g.comments.of(f.Type, "")
		}
	}
	return text
}

// key describes a key, its name given as "Struct.key".
func (g generator) key(name string, t reflect.Type) map[string]any {
	if values := enums()[name]; values != nil {
		return map[string]any{"enum": values}
	}
	switch name {
	case "Config.defaults":
		return g.piece()
	case "Config.profile":
		return map[string]any{"type": "object", "additionalProperties": g.piece()}
	case "Rule.group_by":
		return oneOrMore(map[string]any{"enum": groupFields()})
	case "Rule.due":
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string", "pattern": "^[0-9]+(d|wd)$"}}
	case "Rule.on":
		outcomes := map[string]any{}
		for _, d := range finding.Dispositions() {
			outcomes[string(d)] = map[string]any{
				"allOf": []any{g.define("Outcome", g.object(reflect.TypeFor[mapping.Outcome](), nil))}, "description": "What becomes of the ticket when the finding is " + strings.ReplaceAll(string(d), "_", " ") + ".",
			}
		}
		return map[string]any{"type": "object", "additionalProperties": false, "properties": outcomes}
	}
	s := g.of(t)
	if pattern := patterns()[name]; pattern != "" {
		s["pattern"] = pattern
	}
	if strings.HasPrefix(name, "Pacing.") && s["type"] == "integer" || name == "Rule.max_new_per_hour" {
		s["minimum"] = 0
	}
	return s
}

// piece is a rule without what only a [[rule]] says.
func (g generator) piece() map[string]any {
	s := g.object(reflect.TypeFor[mapping.Rule](), []string{"name", "extends", "match", "when"})
	s["description"] = "What a rule may leave out."
	return g.define("Piece", s)
}

// define puts a description aside and gives a reference to it.
func (g generator) define(name string, s map[string]any) map[string]any {
	g.definitions[name] = s
	return map[string]any{"$ref": "#/definitions/" + name}
}

// of describes a type.
func (g generator) of(t reflect.Type) map[string]any {
	text := map[string]any{"type": "string"}
	switch t {
	case reflect.TypeFor[Secret](), reflect.TypeFor[time.Time](), reflect.TypeFor[netip.Prefix]():
		return text
	case reflect.TypeFor[time.Duration]():
		return map[string]any{"type": "string", "pattern": durationPattern}
	case reflect.TypeFor[Retention]():
		return map[string]any{"type": "string", "pattern": "^" + forever + "$|" + durationPattern}
	case reflect.TypeFor[slog.Level]():
		return map[string]any{"enum": []string{"debug", "info", "warn", "error"}}
	case reflect.TypeFor[mapping.Patterns](), reflect.TypeFor[mapping.Names]():
		return oneOrMore(text)
	case reflect.TypeFor[any]():
		return g.define("Field", g.field())
	}
	switch t.Kind() {
	case reflect.Pointer:
		return g.of(t.Elem())
	case reflect.Struct:
		return map[string]any{"allOf": []any{g.define(t.Name(), g.object(t, nil))}}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": g.of(t.Elem())}
	case reflect.Map:
		s := map[string]any{"type": "object", "additionalProperties": g.of(t.Elem())}
		switch {
		case t.Elem().Kind() == reflect.Pointer:
			s["propertyNames"] = map[string]any{"pattern": trackerName.String()}
		case t.Key() == reflect.TypeFor[finding.Field]():
			s["propertyNames"] = map[string]any{"pattern": "^[a-z_]+$"}
		}
		return s
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	default:
		return text
	}
}

// field describes a value of a custom field: typed ones first, so that editors offer them.
func (generator) field() map[string]any {
	text := map[string]any{"type": "string"}
	texts := oneOrMore(text)
	typed := map[string]any{}
	for _, name := range fieldTypes() {
		typed[name] = texts
	}
	typed["json"] = map[string]any{}
	return map[string]any{"anyOf": []any{
		map[string]any{"type": []string{"string", "number", "boolean"}},
		map[string]any{"type": "object", "properties": typed, "additionalProperties": false, "minProperties": 1, "maxProperties": 1},
		map[string]any{"type": []string{"object", "array"}},
	}}
}

// oneOrMore describes what may be given alone or as a list.
func oneOrMore(item map[string]any) map[string]any {
	return map[string]any{"oneOf": []any{item, map[string]any{"type": "array", "items": item}}}
}

func groupFields() []string {
	var names []string
	for _, f := range mapping.Fields() {
		if f.Group {
			names = append(names, f.Name)
		}
	}
	return names
}

// durationPattern is what document.duration takes.
const durationPattern = `^[+-]?(0|[0-9]+d|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$`

func patterns() map[string]string {
	return map[string]string{
		"Config.instance":    instanceName.String(),
		"Server.path":        webhookPath.String(),
		"Credential.name":    plainName.String(),
		"Credential.sha256":  sha256Hex.String(),
		"Rule.reopen_within": durationPattern,
	}
}

func requiredKeys() map[string][]string {
	return map[string][]string{
		"Credential": {"name"},
		"Jira":       {"url"},
		"App":        {"id", "installation", "private_key_file"},
		"Entry":      {"type", "class"},
	}
}

// enums are the values of the keys that have a few, as TOML writes them. TestTheSchemaKnowsTheValues
// asks the loader about every one.
func enums() map[string][]string {
	var dispositions []string
	for _, d := range finding.Dispositions() {
		dispositions = append(dispositions, string(d))
	}
	return map[string][]string{
		"Log.format":         {"json", "text"},
		"Jira.deployment":    {"cloud", "datacenter"},
		"Entry.class":        {"status", "note_created", "note_deleted", "personal", "ignored"},
		"Entry.kind":         {"target", "violation", "service", "parent"},
		"Entry.disposition":  dispositions,
		"Rule.on_regression": {"reopen", "new", "comment", "nothing"},
		"Rule.label_spaces":  {"dash", "underscore", "remove", "keep"},
		"Outcome.state_reason": {
			"completed", "not_planned",
		},
	}
}
