package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketd/mapping"
)

// decode writes a node into a Go value and reports every key that does not fit. What has a problem
// keeps the value it had.
func (d *document) decode(n *node, v reflect.Value) {
	if d.special(n, v) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		fresh := reflect.New(v.Type().Elem())
		d.decode(n, fresh.Elem())
		v.Set(fresh)
	case reflect.Struct:
		d.decodeStruct(n, v)
	case reflect.Map:
		d.decodeMap(n, v)
	case reflect.Slice:
		d.decodeSlice(n, v)
	case reflect.String:
		if d.expect(n, text, "a string") {
			v.SetString(n.text)
		}
	case reflect.Bool:
		if d.expect(n, boolean, "true or false") {
			v.SetBool(n.text == "true")
		}
	case reflect.Int, reflect.Int64:
		if d.expect(n, integer, "a whole number") {
			i, err := n.integer()
			if err != nil || v.OverflowInt(i) {
				d.bad(n, "is too large", "")
				return
			}
			v.SetInt(i)
		}
	default:
		panic("config: no way to decode a " + v.Type().String())
	}
}

// special decodes the types that have a form of their own in TOML.
func (d *document) special(n *node, v reflect.Value) bool {
	switch to := v.Addr().Interface().(type) {
	case *Secret:
		if d.expect(n, text, "a string") {
			*to = NewSecret(n.text)
			if n.env == "" {
				d.secrets = append(d.secrets, n)
			}
		}
	case *time.Duration:
		d.duration(n, to)
	case *Retention:
		d.retention(n, to)
	case *time.Time:
		d.moment(n, to)
	case *slog.Level:
		d.level(n, to)
	case *netip.Prefix:
		d.network(n, to)
	case *mapping.Patterns:
		return d.single(n, (*[]string)(to))
	case *mapping.Names:
		return d.single(n, (*[]string)(to))
	case *any:
		value, err := n.any()
		if err != nil {
			d.bad(n, err.Error(), "")
			return true
		}
		*to = value
	default:
		return false
	}
	return true
}

// single decodes a string where a list of strings may stand, too. It reports whether that was all.
func (d *document) single(n *node, to *[]string) bool {
	if n.kind == text {
		*to = []string{n.text}
		return true
	}
	if n.kind == array {
		return false
	}
	hint := "write it in quotes"
	if n.kind == table {
		hint = `write a name with dots in quotes: "a.b" = "…"`
	}
	d.bad(n, "is "+n.kind.String()+", must be a string or a list of strings", hint)
	return true
}

func (d *document) decodeStruct(n *node, v reflect.Value) {
	if !d.expect(n, table, "a table") {
		return
	}
	fields := fieldsOf(v.Type())
	d.around = append(d.around, enclosing{n, fields})
	defer func() { d.around = d.around[:len(d.around)-1] }()
	for _, name := range n.names {
		index, ok := fields[name]
		if !ok {
			d.unknown(n, name, v.Type(), fields)
			continue
		}
		d.decode(n.members[name], v.FieldByIndex(index))
	}
}

func (d *document) decodeMap(n *node, v reflect.Value) {
	if n.kind != table {
		d.bad(n, "is "+n.kind.String()+", must be a table", mapHint(n, v.Type().Elem()))
		return
	}
	m := reflect.MakeMapWithSize(v.Type(), len(n.names))
	for _, name := range n.names {
		value := reflect.New(v.Type().Elem()).Elem()
		child := n.members[name]
		if v.Type().Elem().Kind() == reflect.Interface {
			d.astray(n, name)
		}
		if hint := nameHint(v.Type().Elem(), n.key, name); hint != "" && child.kind != table && !child.doubled() {
			d.bad(child, "is "+child.kind.String()+", must be a table", hint)
			continue
		}
		d.decode(child, value)
		m.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), value)
	}
	v.Set(m)
}

// nameHint says what to do about a member of a map of tables that is no table; "" for other maps.
func nameHint(t reflect.Type, key, name string) string {
	switch _, inside := outcomeKeys()[name]; {
	case t.Kind() == reflect.Pointer:
		return fmt.Sprintf("give the tracker a name: [%s.NAME]", key)
	case t == reflect.TypeFor[mapping.Rule]():
		return fmt.Sprintf("give the profile a name: [%s.NAME]", key)
	case t != reflect.TypeFor[mapping.Outcome]():
		return ""
	case inside:
		return "name the disposition, as in " + header(key+".fixed")
	default:
		return "write a table, such as { comment_only = true }"
	}
}

func outcomeKeys() map[string][]int { return fieldsOf(reflect.TypeFor[mapping.Outcome]()) }

// mapHint says how to write a map that is written otherwise.
func mapHint(n *node, t reflect.Type) string {
	switch {
	case n.doubled():
		return bracketHint(n)
	case t.Kind() == reflect.String && n.kind == text:
		return fmt.Sprintf(`write { "*" = %q } for all findings`, n.text)
	case t == reflect.TypeFor[mapping.Patterns]() && n.kind == text:
		return `write the path and what it must be: path."affected_asset.hosted_on" = "AWS*"`
	default:
		return ""
	}
}

func bracketHint(n *node) string {
	return fmt.Sprintf("write %s with one pair of brackets", header(n.key))
}

func (d *document) decodeSlice(n *node, v reflect.Value) {
	if v.Type().Elem().Kind() == reflect.String {
		if !d.expect(n, array, "a list of strings") {
			return
		}
	} else if !d.isList(n) {
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.items), len(n.items))
	for i, child := range n.items {
		d.decode(child, list.Index(i))
	}
	v.Set(list)
}

// expect reports a node of another kind than the wanted one.
func (d *document) expect(n *node, k kind, wanted string) bool {
	if n.kind == k {
		return true
	}
	hint := ""
	switch {
	case k == table && n.doubled():
		hint = bracketHint(n)
	case k == text && n.kind != table && n.kind != array:
		hint = "write it in quotes"
	case k == array && n.kind == text:
		hint = "write it in brackets"
	case n.kind == text && (k == boolean || k == integer) && (n.text == "true" || n.text == "false" || strings.Trim(n.text, "0123456789") == ""):
		hint = "write it without quotes"
	}
	d.bad(n, fmt.Sprintf("is %s, must be %s", n.kind, wanted), hint)
	return false
}

func (d *document) bad(n *node, what, hint string) {
	d.addAt(n, Problem{Key: n.key, Text: what, Hint: hint})
}

// duration reads "10m", "1h30m" or "30d".
func (d *document) duration(n *node, to *time.Duration) {
	d.span(n, to, `write a duration such as "10m", "90s" or "30d"`)
}

func (d *document) span(n *node, to *time.Duration, hint string) {
	if n.kind != text {
		d.bad(n, "is "+n.kind.String()+", must be a duration", hint)
		return
	}
	v, err := time.ParseDuration(n.text)
	if days, ok := strings.CutSuffix(n.text, "d"); err != nil && ok {
		var count int
		count, err = strconv.Atoi(days)
		if count < -maxDays || count > maxDays {
			err = strconv.ErrRange
		}
		v = time.Duration(count) * 24 * time.Hour
	}
	if err != nil {
		d.bad(n, "is no duration", hint)
		return
	}
	*to = v
}

// retention reads a duration or "forever".
func (d *document) retention(n *node, to *Retention) {
	if n.kind == text && n.text == forever {
		*to = 0
		return
	}
	d.span(n, (*time.Duration)(to), `write a duration such as "90d", or "forever"`)
}

const forever = "forever"

const maxDays = 36500 // what a time.Duration holds with ease

// moment reads a date and time, or a date, which stands for its last second in UTC.
func (d *document) moment(n *node, to *time.Time) {
	const hint = "write 2027-01-31T12:00:00Z or 2027-01-31, without quotes"
	layout := time.RFC3339
	switch n.kind {
	case dateTime:
	case date:
		layout = time.DateOnly
	default:
		d.bad(n, "is "+n.kind.String()+", must be a date and time with its zone", hint)
		return
	}
	t, err := time.Parse(layout, strings.Replace(strings.ToUpper(n.text), " ", "T", 1))
	if err != nil {
		d.bad(n, "is no date", hint)
		return
	}
	if n.kind == date {
		t = t.AddDate(0, 0, 1).Add(-time.Second)
	}
	*to = t
}

func (d *document) level(n *node, to *slog.Level) {
	levels := [...]slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}
	i := slices.IndexFunc(levels[:], func(l slog.Level) bool { return strings.EqualFold(l.String(), n.text) })
	if n.kind != text || i < 0 {
		d.bad(n, "is no log level", `write "debug", "info", "warn" or "error"`)
		return
	}
	*to = levels[i]
}

// fieldsOf gives the index of a struct's fields by TOML key, those of embedded structs included.
func fieldsOf(t reflect.Type) map[string][]int {
	fields := make(map[string][]int, t.NumField())
	for _, f := range reflect.VisibleFields(t) {
		if name := f.Tag.Get("toml"); name != "" && name != "-" {
			fields[name] = f.Index
		}
	}
	return fields
}
