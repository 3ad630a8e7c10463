package config

import (
	"net/netip"
	"slices"
	"testing"
)

func TestAProxyIsTrustedByItsAddressOrItsNetwork(t *testing.T) {
	text := includeHead + `[server]
trusted_proxies = ["127.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32"]
`
	c, problems := Parse("x.toml", []byte(text), environ(t, nil))
	if problems.Fatal() {
		t.Fatal(problems)
	}
	var want []netip.Prefix
	for _, network := range []string{"127.0.0.1/32", "10.0.0.0/8", "::1/128", "2001:db8::/32"} {
		want = append(want, netip.MustParsePrefix(network))
	}
	if !slices.Equal(c.Server.TrustedProxies, want) {
		t.Errorf("got %v, want %v", c.Server.TrustedProxies, want)
	}
}
