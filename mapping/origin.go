package mapping

import (
	"reflect"
	"strings"
)

// origins tells where every key that a rule, a profile or the defaults set stands, by the name that
// [origin] makes of it. Tables are inherited key by key, and so their keys are listed.
func origins(at place, s Rule) map[string]place {
	from := make(map[string]place)
	v := reflect.ValueOf(s)
	for f, value := range v.Fields() {
		key := f.Tag.Get("toml")
		switch {
		case value.IsZero():
		case value.Kind() == reflect.Map:
			for _, k := range value.MapKeys() {
				from[origin(key, k.String())] = at.key(key, k.String())
			}
		default:
			from[origin(key)] = at.key(key)
		}
	}
	return from
}

// origin names a key below a rule. The keys of priority and due are compared without their case.
func origin(keys ...string) string {
	if len(keys) > 1 && (keys[0] == "priority" || keys[0] == "due") {
		keys = []string{keys[0], strings.ToUpper(keys[1])}
	}
	return strings.Join(keys, " ")
}

// place leads to a key of the rule where it really stands, which may be in a profile or the defaults;
// to the rule itself where nothing sets it. The keys are as for [origin], and may lead on below it.
func (r *rule) place(keys ...string) place {
	for n := min(len(keys), 2); n > 0; n-- {
		if at, ok := r.from[origin(keys[:n]...)]; ok {
			return at.key(keys[n:]...)
		}
	}
	return r.at
}
