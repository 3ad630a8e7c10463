package config

import _ "embed" // schema.json

//go:generate go test -run ^TestTheSchemaIsThatOfTheStructs$ . -update

//go:embed schema.json
var schema string

// Schema gives the JSON schema (draft-07) of the configuration, for editors: names, types and values
// of all keys, described by the comments of the structs that they are decoded into. It knows less
// than Load: what it takes may still be a mistake.
func Schema() string { return schema }
