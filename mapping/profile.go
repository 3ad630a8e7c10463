package mapping

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
)

// layer is a rule as it is written, a profile or the defaults, with where it stands.
type layer struct {
	at place
	Rule
}

// piece compiles what is no rule by itself: a profile, or the defaults.
func (c *compiler) piece(l layer) *rule {
	refuse := func(given bool, key, hint string) {
		if given {
			c.add(l.at.key(key), "only a rule has "+key, hint)
		}
	}
	refuse(l.Name != "", "name", "remove it")
	refuse(l.Extends != nil, "extends", "remove it, or move it to a [[rule]]")
	refuse(!reflect.DeepEqual(l.Match, Match{}), "match", "move it to a [[rule]]")
	refuse(l.When != "", "when", "move it to a [[rule]]")
	c.own(l)
	c.labelsFor(l, nil, "")
	return c.look(l.at, l.Rule)
}

func profilePlace(name string) place { return place{"profile", name} }

// profiles compiles every profile, so that a mistake in one is told whoever extends it.
func (c *compiler) profiles() map[string]*rule {
	compiled := make(map[string]*rule, len(c.spec.Profiles))
	for _, name := range c.profileNames() {
		compiled[name] = c.piece(layer{profilePlace(name), c.spec.Profiles[name]})
	}
	return compiled
}

func (c *compiler) profileNames() []string { return slices.Sorted(maps.Keys(c.spec.Profiles)) }

// extended gives the profiles that a rule extends, the one that wins first.
func (c *compiler) extended(i int, s Rule) []layer {
	var layers []layer
	for n, name := range s.Extends {
		p, ok := c.spec.Profiles[name]
		if !ok {
			at := elementPlace(rulePlace(i).key("extends"), len(s.Extends), n)
			c.add(at, "there is no profile "+strconv.Quote(name), first(didYouMean(name, c.profileNames()), "add a [profile."+name+"]"))
			continue
		}
		layers = append(layers, layer{profilePlace(name), p})
	}
	slices.Reverse(layers)
	return layers
}

// unused warns of profiles that no rule extends.
func (c *compiler) unused() {
	used := make(map[string]bool)
	for _, r := range c.spec.Rules {
		for _, name := range r.Extends {
			used[name] = true
		}
	}
	for _, name := range c.profileNames() {
		if !used[name] {
			c.warn(profilePlace(name), "no rule extends this profile", "write extends = "+strconv.Quote(name)+" in a rule, or remove it")
		}
	}
}
