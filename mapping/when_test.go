package mapping

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"ticketd/internal/finding"
)

func TestAnExpressionAsksWhatAFindingHas(t *testing.T) {
	f := richTarget()
	f.Data = map[string]finding.Member{
		"tags":  {JSON: json.RawMessage(`["prod","eu"]`)},
		"cvss":  {JSON: json.RawMessage(`{"score":7.5,"internal":true}`)},
		"empty": {JSON: json.RawMessage(`[]`)},
	}
	tests := map[string]bool{
		`severity == "HIGH"`:                            true,
		`severity == "high"`:                            false, // as sent
		`like(severity, "high")`:                        true,
		`like(title, "private key*")`:                   true,
		`severity in ["HIGH", "MEDIUM"]`:                true,
		`severity not in ["HIGH", "MEDIUM"]`:            false,
		`relevance == ""`:                               true,
		`kind == "target" and parent endsWith "f1"`:     true,
		`title contains "key" && !(platform == "IOS")`:  true,
		`title startsWith app_name or app_id == "13"`:   true,
		`title matches "^Private .* app$"`:              true,
		`disposition == "open" ? len(title) > 5 : true`: true,
		`lower(platform) == "android"`:                  true,
		`upper(app_name) == "MYBANK"`:                   true,
		`trim(app_name) == "MyBank"`:                    true,
		`let a = lower(app_name); a == "mybank"`:        true,
		`path("cvss.internal") == "true"`:               true,
		`path("tags") == "prod, eu"`:                    true,
		`path("no.such") == ""`:                         true,
		`"eu" in paths("tags")`:                         true,
		`any(paths("tags"), # == "eu")`:                 true,
		`any(paths("tags"), like(#, "E*"))`:             true,
		`all(paths("tags"), # != "us")`:                 true,
		`none(paths("tags"), # == "us")`:                true,
		`one(paths("tags"), # == "us")`:                 false,
		`count(paths("tags"), len(#) > 1) == 2`:         true,
		`number(path("cvss.score"), 0) >= 7`:            true,
		`number(path("cvss.vector"), -1) < 0`:           true,
		`number(title, 2.5) == 2.5`:                     true,
		`number("NaN", 0) == 0`:                         true,
		`if severity == "HIGH" { true } else { false }`: true,
		"severity == 'HIGH' // a comment\n":             true,
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			e, faults := newExpression(text)
			if e == nil {
				t.Fatalf("%+v", faults)
			}
			if got, err := e.holds(f); got != want || err != nil {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestEveryFieldOfTheTableCanBeAsked(t *testing.T) {
	f := seen(finding.Target, finding.WontFix, map[finding.Field]string{})
	f.Parent.Text = "x"
	for _, name := range fieldNames() {
		f.Fields[name] = finding.Value{Text: "x", Stamp: f.Status}
	}
	for _, doc := range Fields() {
		e, faults := newExpression(doc.Name + ` != ""`)
		if e == nil {
			t.Fatalf("%s: %+v", doc.Name, faults)
		}
		if yes, err := e.holds(f); !yes || err != nil {
			t.Errorf("%s: %v, %v", doc.Name, yes, err)
		}
		if yes, err := e.holds(finding.Finding{}); yes || err != nil {
			t.Errorf("%s of nothing: %v, %v", doc.Name, yes, err)
		}
	}
}

func TestAWrongExpressionIsToldWithItsPlace(t *testing.T) {
	tests := map[string]struct {
		text string
		want string // byte, text (hint)
	}{
		"misspelled field":    {`kind == "target" and sevrity == "HIGH"`, `22: a finding has no "sevrity" (did you mean "severity"?)`},
		"after wide letters":  {`"äöü" == titel`, `13: a finding has no "titel" (did you mean "title"?)`},
		"misspelled function": {`lwer(title) == "x"`, `1: there is no function "lwer" (did you mean "lower"?)`},
		"the clock": {`now() > date("2026-01-01")`, `1: there is no function "now" (use one of ` + strings.Join(whenFunctions(), ", ") + `)
9: there is no function "date" (use one of ` + strings.Join(whenFunctions(), ", ") + `)`},
		"the environment": {`$env["title"] == "x"`, `1: a finding has no "$env" (docs/mapping.md lists what there is)
5: a value has no parts (compare it as a whole, or use contains, startsWith, endsWith, matches or like)`},
		"no yes or no":                     {`severity`, `0: the expression does not say true or false (compare, e.g. severity == "HIGH")`},
		"assignment":                       {`severity = "HIGH"`, `10: "=" is not expected here (compare with ==)`},
		"unfinished":                       {`severity == `, `12: the expression ends too soon`},
		"unclosed text":                    {`severity == "HIGH`, `18: a text in quotes does not end (close it with the quote that it begins with)`},
		"nothing but space":                {"  ", `2: the expression ends too soon`},
		"text and number":                  {`severity == 5`, `10: == does not go with text and number (every field is text; number(FIELD, 0) makes a number of it)`},
		"text as number":                   {`number(5, 0) > 1`, `8: cannot use number as argument (type text) to call number`},
		"too few arguments":                {`like(title)`, `1: not enough arguments to call like (write like(TEXT, PATTERN))`},
		"too many arguments":               {`path("a", "b") == ""`, `1: too many arguments to call path (write path(PATH))`},
		"words of a field without quotes":  {`severity == HIGH`, `13: a finding has no "HIGH" (write a text in quotes: "HIGH")`},
		"like many fields":                 {`asset == "x"`, `1: a finding has no "asset" (perhaps asset_name, asset_type, asset_url, asset_uuid, asset_group; docs/mapping.md lists what there is)`},
		"capitals":                         {`severity == "HIGH" AND kind == "target"`, `20: "AND" is not expected here (write and)`},
		"operator as function":             {`contains(title, "x")`, `1: "contains" is not expected here (it stands between two texts: TEXT contains PART)`},
		"operator as function, misspelled": {`startswith(title, "x")`, `1: there is no function "startswith" (it stands between two texts: TEXT startsWith PART)`},
		"in a text":                        {`severity in "HIGH"`, `10: in does not go with text and text (write a list in brackets: severity in ["HIGH", "LOW"])`},
		"in round brackets":                {`severity in ("HIGH", "LOW")`, `20: "," is not expected here (a list stands in brackets: [A, B])`},
		"not of a text":                    {`not severity == "LOW"`, `1: not does not go with text (it turns round what is true or false: not (severity == "LOW"))`},
		"backslash":                        {`title matches "\d+"`, "17: this is no character that a backslash writes (write \\\\ for a backslash, or the text in `…`, where it is itself)"},
		"count without a condition":        {`count(paths("tags")) > 1`, `1: count needs a list and a condition (write e.g. count(paths("tags"), # == "prod"))`},
		"any without a condition":          {`any(paths("tags"))`, `18: a list and a condition are needed here (write e.g. any(paths("tags"), # == "prod"))`},
		"a list that mixes":                {`any(["a", 1], # > 0)`, `0: the expression fails: invalid operation: string > int (compare texts with texts and numbers with numbers, in lists as well)`},
		"a pattern of many repetitions":    {`title matches "([a-z]{0,1000}c)"`, `15: the patterns of the expression take too long on a long value (write shorter ones, without large numbers of repetitions, or split the rule)`},
		"a text asked by every turn": {`any(paths("tags"), title matches "^a" and like(upper(title), "B*"))`, `20: within "any" a pattern is only asked of # (ask it before: let found = …; any(…, found and …))
48: within "any" a pattern is only asked of # (ask it before: let found = …; any(…, found and …))`},
		"pattern of a finding": {`like(title, asset_name)`, `13: a pattern is a text in quotes (write it as "prod-*")`},
		"empty pattern":        {`like(title, "")`, `13: the pattern is empty (compare with == "" instead)`},
		"regexp of a finding":  {`title matches description`, `15: a pattern is a text in quotes (write it as matches "^prod-[0-9]+$")`},
		"broken regexp":        {`title matches "("`, "15: error parsing regexp: missing closing ): `(` (write a regular expression as Go has them)"},
		"path of a finding":    {`path(title) == ""`, `6: a path is a text in quotes (write it as "affected_asset.hosted_on")`},
		"broken path":          {`path("a..b") == ""`, `6: the path has an empty step (write it as member.member, e.g. "affected_asset.hosted_on")`},
		"calculation":          {`title + title == ""`, `7: an expression compares and does not calculate: there is no "+" (use one of == != < <= > >= and && or || not ! in contains startsWith endsWith matches)`},
		"range":                {`all(1..1000000000, true)`, `6: an expression compares and does not calculate: there is no ".." (use one of == != < <= > >= and && or || not ! in contains startsWith endsWith matches)`},
		"loop in a loop":       {`any(paths("a"), any(paths("b"), true))`, `17: "any" stands within "any" (ask one list after the other)`},
		"loop over a text":     {`any(title, true)`, `5: any goes through a list, and this is a text (write e.g. any(paths("tags"), # == "prod"))`},
		"map":                  {`len({"a": 1}) > 0`, `5: only texts, numbers and lists of them can be written here`},
		"list of lists": {`let a = [1]; [a] == [a]`, `15: a list holds texts and numbers (write them out)
22: a list holds texts and numbers (write them out)`},
		"part of a value":     {`title.text == ""`, `7: a value has no parts (compare it as a whole, or use contains, startsWith, endsWith, matches or like)`},
		"element":             {`paths("a")[0] == ""`, `11: a value has no parts (compare it as a whole, or use contains, startsWith, endsWith, matches or like)`},
		"slice":               {`title[0:3] == "abc"`, `6: a value has no parts (compare it as a whole, or use contains, startsWith, endsWith, matches or like)`},
		"method":              {`title.String() == ""`, `7: a value has no parts (compare it as a whole, or use contains, startsWith, endsWith, matches or like)`},
		"disabled builtin":    {`filter(paths("a"), true) == []`, `1: there is no function "filter" (use one of ` + strings.Join(whenFunctions(), ", ") + `)`},
		"repeat":              {`repeat(title, 1000000) == ""`, `1: there is no function "repeat" (use one of ` + strings.Join(whenFunctions(), ", ") + `)`},
		"variable as a field": {`let title = 1; title == 1`, `5: let cannot give the name "title", which is taken (choose another)`},
		"too long":            {strings.Repeat(" ", maxWhen) + "true", `0: the expression is longer than 4096 bytes (split it into several rules)`},
		"too many parts":      {strings.Repeat("true and ", maxWhenNodes/2) + "true", `1804: the expression has more than 400 parts (split it into several rules)`},
		"deep":                {strings.Repeat("(", maxWhen-1), `4095: the expression ends too soon`},
		"nil":                 {`title == nil`, "10: there is no nil here (what a finding does not tell is the empty text: == \"\")"},
		"two at once": {`tilte == "" or sevrity == ""`, `1: a finding has no "tilte" (did you mean "title"?)
16: a finding has no "sevrity" (did you mean "severity"?)`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e, faults := newExpression(tt.text)
			var got []string
			for _, f := range faults {
				got = append(got, problem(Problem{Path: []string{strconv.Itoa(f.pos + 1)}, Text: f.text, Hint: f.hint}))
			}
			if e != nil || strings.Join(got, "\n") != tt.want {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), tt.want)
			}
		})
	}
}

func TestAnExpressionThatComparesWithAWordThatIsNeverSentIsWarnedOf(t *testing.T) {
	for text, want := range map[string]string{
		`severity == "high"`:                    `warning: 13: severity is never "high" (write "HIGH", or like(severity, "high"), which does not mind the case)`,
		`platform not in ["IOS", "Android"]`:    `warning: 25: platform is never "Android" (write "ANDROID", or like(platform, "Android"), which does not mind the case)`,
		`kind != "violatoin"`:                   `warning: 9: kind is never "violatoin" (did you mean "violation"?)`,
		`severity == "CRITICAL"`:                ``, // tomorrow, perhaps
		`severity == "" or title == "HIGH"`:     ``,
		`severity matches "high" or kind > "x"`: ``,
	} {
		e, faults := newExpression(text)
		var got string
		for _, f := range faults {
			got = problem(Problem{Path: []string{strconv.Itoa(f.pos + 1)}, Text: f.text, Hint: f.hint, Warning: f.warning})
		}
		if e == nil || got != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func TestAnExpressionDoesNotReadWhatIsTooLong(t *testing.T) {
	f := seen(finding.Violation, finding.Open, map[finding.Field]string{finding.Description: strings.Repeat("x", maxWhenValue+1)})
	f.Data = map[string]finding.Member{
		"long": {JSON: json.RawMessage(strconv.Quote(strings.Repeat("x", maxWhenValue+1)))},
		"many": {JSON: json.RawMessage("[" + strings.Repeat("1,", maxWhenList) + "1]")},
	}
	for text, want := range map[string]error{
		`description == ""`:        errWhenValue,
		`path("long") == ""`:       errWhenValue,
		`"1" in paths("many")`:     errWhenList,
		`description == title`:     errWhenValue,
		`title == "" and true`:     nil,
		`path("many.x") == ""`:     nil,
		`true or path("long")!=""`: nil,
	} {
		e, faults := newExpression(text)
		if e == nil {
			t.Fatalf("%s: %+v", text, faults)
		}
		yes, err := e.holds(f)
		if want != nil && (err == nil || !strings.Contains(err.Error(), want.Error())) || want == nil && (err != nil || !yes) {
			t.Errorf("%s: %v, %v", text, yes, err)
		}
	}
}

func TestARuleWhoseExpressionFailsEndsTheRouting(t *testing.T) {
	m := compile(t, twoTrackers(
		Rule{Name: "secret", Tracker: "corp", Project: "SEC", When: `description contains "secret"`},
		Rule{Name: "all", Tracker: "hub", Repository: "acme/public"}))
	long := seen(finding.Violation, finding.Open, map[finding.Field]string{finding.Description: "secret" + strings.Repeat("x", maxWhenValue)})
	r, err := m.Route(long)
	if r != (Route{}) || err == nil || errors.Is(err, ErrUnrouted) {
		t.Fatalf("got %+v, %v", r, err)
	}
	if want := `asking when of rule "secret": reading description: longer than 64 KiB, which is too long for an expression`; err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// drawExpression draws texts that are nearly expressions, or are ones.
func drawExpression(t *rapid.T) string {
	word := rapid.SampledFrom([]string{"title", "severity", `"HIGH"`, "1", "-2.5", "==", "!=", "<", "and", "or", "not", "in", "contains",
		"matches", `"(a|b)*"`, "(", ")", "[", "]", ",", "{", "}", "let x =", "x", ";", "any(", "paths(", `"a.b"`, "#", "like(", "number(", "?", ":",
		"??", "|", "..", ".", "lower(", "len(", "nil", "true", "if", "else", "$env", "::", "now(", "+", "é", "\n"})
	return strings.Join(rapid.SliceOfN(word, 1, 12).Draw(t, "words"), " ")
}

func TestNoExpressionPanics(t *testing.T) {
	findings := []finding.Finding{{}, richTarget(), sampleViolation(finding.WontFix)}
	rapid.Check(t, func(t *rapid.T) {
		tryExpression(t, drawExpression(t), findings)
	})
}

// tryExpression compiles and runs a text: it may be refused, with a place inside, but not more.
func tryExpression(t interface{ Fatalf(string, ...any) }, text string, findings []finding.Finding) {
	e, faults := newExpression(text)
	if wrong := slices.ContainsFunc(faults, func(f fault) bool { return !f.warning }); (e == nil) != wrong {
		t.Fatalf("%q: %v, %v", text, e, faults)
	}
	for _, f := range faults {
		if f.pos < -1 || f.pos > len(text) || f.text == "" {
			t.Fatalf("%q: fault %+v", text, f)
		}
	}
	if e == nil {
		return
	}
	for _, f := range findings {
		if _, err := e.holds(f); err != nil && strings.ContainsAny(err.Error(), "\n\x00") {
			t.Fatalf("%q: %v", text, err)
		}
	}
}

func FuzzWhen(f *testing.F) {
	f.Add(`severity == "HIGH" and like(title, "a*?b")`, "HIGH", "[1,2]")
	f.Add(`any(paths("a.b"), # matches "x+") or number(path("a"), 0) > 1`, "", `{"b":["x"]}`)
	f.Add(`let a = lower(title); a in ["x", 1, 2.5] ? true : len(a) < 3`, "\xff", "null")
	f.Fuzz(func(t *testing.T, text, value, data string) {
		some := seen(finding.Violation, finding.Open, map[finding.Field]string{finding.Severity: value, finding.Title: value})
		some.Data = map[string]finding.Member{"a": {JSON: json.RawMessage(data)}}
		tryExpression(t, text, []finding.Finding{{}, some})
	})
}

func TestOneExpressionIsAskedByManyAtOnce(t *testing.T) {
	m := compile(t, twoTrackers(Rule{Name: "a", Tracker: "corp", Project: "SEC",
		When: `let a = lower(title); severity in ["HIGH", "LOW"] and any(paths("tags"), like(#, "*")) and a matches "key"`}))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				if r, err := m.Route(richTarget()); r.Rule != "a" || err != nil {
					t.Errorf("got %+v, %v", r, err)
					return
				}
			}
		})
	}
	group.Wait()
}
