package mapping

// ExpressionDoc tells of one thing that a `when` may say.
type ExpressionDoc struct {
	Form    string // how it is written
	Meaning string
	Example string // a whole expression
}

// Expressions is the table of everything that a `when` may say about the fields of [Fields].
func Expressions() []ExpressionDoc {
	return []ExpressionDoc{
		{"A == B, A != B", "the same text or number, or not; case matters", `severity == "HIGH"`},
		{"A in [B, C], A not in [B, C]", "one of them, or none", `severity in ["HIGH", "MEDIUM"]`},
		{"A < B, <=, >, >=", "numbers by size, texts by their letters", `len(title) <= 80`},
		{"A and B, A or B, not A", "likewise &&, ||, !", `kind == "target" and not (severity == "LOW")`},
		{"A ? B : C", "B where A is true, else C; likewise if A { B } else { C }", `kind == "target" ? severity == "HIGH" : relevance == "URGENT"`},
		{"let NAME = A; B", "B, in which NAME stands for A", `let name = lower(asset_name); name == "x" or name == ""`},
		{"TEXT contains PART", "likewise startsWith, endsWith; case matters", `title contains "key"`},
		{"TEXT matches PATTERN", "a regular expression as Go has them, in quotes", `title matches "(?i)private (rsa )?key"`},
		{"like(TEXT, PATTERN)", "a pattern as in match, in quotes: * and ?, and case does not matter", `like(app_name, "my*")`},
		{"lower(TEXT), upper(TEXT), trim(TEXT)", "in lower case, in upper case, without white space at both ends", `lower(platform) == "android"`},
		{"len(TEXT), len(LIST)", "number of characters, number of values", `len(description) > 10`},
		{"path(PATH)", "the text at a path of event.data, of a list its values with commas between; \"\" where there is nothing", `path("mobile_app.name") == ""`},
		{"paths(PATH)", "the list of the values there, one \"\" where there is nothing", `"prod" in paths("tags")`},
		{"any(LIST, CONDITION)", "whether one value meets the condition, in which # is the value; likewise all, none, one", `any(paths("tags"), like(#, "prod*"))`},
		{"count(LIST, CONDITION)", "how many values do", `count(paths("tags"), # != "") >= 2`},
		{"number(TEXT, OTHER)", "the text as a number; OTHER where it is none", `number(path("cvss.score"), 0) >= 7`},
	}
}
