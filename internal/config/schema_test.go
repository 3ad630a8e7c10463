package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"ticketd/internal/config"
)

// judge gives what says whether TOML fits the schema.
func judge(t *testing.T) func(text string) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(config.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("ticketd.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("ticketd.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) error {
		var tree map[string]any
		if err := toml.Unmarshal([]byte(text), &tree); err != nil {
			return err
		}
		data, err := json.Marshal(tree)
		if err != nil {
			return err
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
		if err != nil {
			return err
		}
		return schema.Validate(value)
	}
}

func TestTheSchemaTakesEveryGoodConfiguration(t *testing.T) {
	files, err := filepath.Glob("testdata/good/*.toml")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	validate := judge(t)
	for _, file := range append(files, "../../config.example.toml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(string(text)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	for _, text := range blocks(t) {
		if err := validate(text); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
	}
}

// knowable are the mistakes that a schema can see: keys that do not exist and values of a wrong type,
// but for dates, which are text to it.
var knowable = regexp.MustCompile(`: unknown key|: is (a|true)\b.*, must be (a string|a list|a table|true or false|a whole number|a duration)|is no log (level|format)`)

func TestTheSchemaRefusesMisspelledKeysAndWrongTypes(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	validate, refused := judge(t), 0
	for _, file := range files {
		messages, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !knowable.Match(messages) || strings.HasPrefix(string(messages), "testdata/included/") {
			continue
		}
		text, err := os.ReadFile(strings.TrimSuffix(file, ".golden") + ".toml")
		if err != nil {
			t.Fatal(err)
		}
		if validate(string(text)) == nil {
			t.Errorf("the schema takes %s:\n%s", file, messages)
		}
		refused++
	}
	if refused < 20 {
		t.Errorf("only %d fixtures were asked about", refused)
	}
}
