package receive

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// trusting gives options that trust loopback and 10.0.0.0/8.
func trusting() Options {
	return Options{TrustedProxies: []netip.Prefix{
		netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:aa::/48"),
	}}
}

func TestWhereARequestCameFromIsBelievedOfTrustedProxiesFromTheNearestOn(t *testing.T) {
	const direct = "127.0.0.1:4711"
	for _, c := range []struct {
		name, remote string
		header       http.Header
		address      string
		proxied      bool
	}{
		{"no proxy", "192.0.2.1:4711", nil, "192.0.2.1:4711", false},
		{"a stranger who says to be another", "192.0.2.1:4711", forwarded("198.51.100.7"), "192.0.2.1:4711", false},
		{"a proxy that says nothing", direct, nil, direct, false},
		{"one proxy", direct, forwarded("192.0.2.1"), "192.0.2.1", true},
		{"what the client claims is left of it", direct, forwarded("198.51.100.7, 192.0.2.1"), "192.0.2.1", true},
		{"two proxies", direct, forwarded("192.0.2.1, 10.1.2.3"), "192.0.2.1", true},
		{"two proxies that write a line each", direct, forwarded("198.51.100.7, 192.0.2.1", "10.1.2.3"), "192.0.2.1", true},
		{"proxies alone", direct, forwarded("10.1.2.3, 10.1.2.4"), "10.1.2.3", true},
		{"a proxy that does not know", direct, forwarded("192.0.2.1, unknown, 10.1.2.3"), "10.1.2.3", true},
		{"garbage", direct, forwarded("<script>"), direct, false},
		{"nothing", direct, forwarded(""), direct, false},
		{"a comma at the end", direct, forwarded("192.0.2.1, "), direct, false},
		{"with a port", direct, forwarded("192.0.2.1:80"), "192.0.2.1", true},
		{"IPv6", direct, forwarded("2001:db8::1"), "2001:db8::1", true},
		{"IPv6 with a port", direct, forwarded("[2001:db8::1]:80"), "2001:db8::1", true},
		{"IPv6 in brackets", direct, forwarded("[2001:db8::1]"), "2001:db8::1", true},
		{"IPv6 with a zone", direct, forwarded("fe80::1%eth0 forged=\"yes\""), "fe80::1", true},
		{"IPv4 as IPv6", "[::ffff:127.0.0.1]:4711", forwarded("::ffff:192.0.2.1, ::ffff:10.1.2.3"), "192.0.2.1", true},
		{"a trusted network of IPv6", "[2001:db8:aa::7]:4711", forwarded("2001:db8::1"), "2001:db8::1", true},
		{"Forwarded", direct, http.Header{"Forwarded": {`for=198.51.100.7, For="192.0.2.1:80";proto=https;by=10.0.0.1`}}, "192.0.2.1", true},
		{"Forwarded of IPv6", direct, http.Header{"Forwarded": {`for="[2001:db8::1]:80";by="a, b"`, `proto=https;for=10.0.0.1`}}, "10.0.0.1", true},
		{"Forwarded by a client, past a proxy that writes the other", direct,
			http.Header{"Forwarded": {"for=198.51.100.7"}, "X-Forwarded-For": {"192.0.2.1"}}, "192.0.2.1", true},
		{"a chain without end", direct, forwarded(strings.Repeat("10.0.0.1,", 5000) + "10.0.0.2"), "10.0.0.1", true},
		{"a unix socket", "@", forwarded("192.0.2.1"), "@", false},
	} {
		r := httptest.NewRequest(http.MethodPost, DefaultPath, nil)
		r.RemoteAddr, r.Header = c.remote, c.header
		want := sender{address: c.address}
		if c.proxied {
			want.proxy = c.remote
		}
		if got := trusting().sender(r); got != want {
			t.Errorf("%s: %+v, want %+v", c.name, got, want)
		}
	}
}

func forwarded(values ...string) http.Header { return http.Header{"X-Forwarded-For": values} }

func TestTheLogNamesTheClientBehindATrustedProxy(t *testing.T) {
	d := open(t, func(o *Options) { o.TrustedProxies = trusting().TrustedProxies })
	refuse := func(client string) {
		d.post("{}", func(r *http.Request) {
			r.Header.Del("Authorization")
			r.RemoteAddr = "127.0.0.1:4711"
			r.Header.Set("X-Forwarded-For", "203.0.113.99, "+client)
		})
	}
	for range 100 { // one stranger is told of once, another one all the same
		refuse("192.0.2.1")
	}
	refuse("198.51.100.7")
	log := d.logs.String()
	if n := strings.Count(log, "\n"); n != 2 {
		t.Errorf("%d lines: %s", n, log)
	}
	for _, want := range []string{`"remote":"192.0.2.1","proxy":"127.0.0.1:4711"`, `"remote":"198.51.100.7"`} {
		if !strings.Contains(log, want) {
			t.Errorf("%s is not in %s", want, log)
		}
	}
}

// FuzzForwarded sends any headers through a trusted proxy. Where the proxy names the client last, no
// text before it changes that; and what is told is an address, whatever was sent.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{"", "192.0.2.1", "10.0.0.1, 10.0.0.2", "unknown", "[::1]:80", "fe80::1%eth0", "::ffff:1.2.3.4", `for="[::1]";by=x, for=_hidden`,
		",,,,", "1.2.3.4:99999", "[", "]", "[]:", "%", `"`, ";for", "for=for=1", strings.Repeat("127.0.0.1,", 100)} {
		f.Add(seed, seed, true)
		f.Add(seed, "192.0.2.9", false)
	}
	f.Fuzz(func(t *testing.T, first, second string, old bool) {
		name := "Forwarded"
		if old {
			name = "X-Forwarded-For"
		}
		r := httptest.NewRequest(http.MethodPost, DefaultPath, nil)
		r.RemoteAddr, r.Header = "127.0.0.1:4711", http.Header{name: {first, second}}
		got := trusting().sender(r)
		switch {
		case got.proxy == "" && got.address != r.RemoteAddr:
			t.Errorf("%q: without a proxy it is %q", r.Header, got.address)
		case got.proxy != "":
			if a, err := netip.ParseAddr(got.address); err != nil || a.Zone() != "" || a.Is4In6() {
				t.Errorf("%q: %q is told", r.Header, got.address)
			}
		}
		const client, proxy = "203.0.113.5", "10.0.0.1"
		hop := func(address string) string {
			if old {
				return address
			}
			return "proto=https;for=" + address
		}
		for _, header := range [][]string{{first, second + "," + hop(client)}, {first, second, hop(client)}, {first + second, hop(client) + ", " + hop(proxy)}} {
			r.Header[name] = header
			if got := trusting().sender(r); got.address != client {
				t.Errorf("%q: told %q", header, got.address)
			}
		}
	})
}
