package receive

import (
	"iter"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// mostHops is how many trusted proxies in a row are followed; a chain of ours is shorter.
const mostHops = 16

// sender is where a request came from, for the log and for nothing else.
type sender struct {
	address string // of who sent it, as the nearest that is not trusted is called; with a port where it is the connection's
	proxy   string // address of the connection, where it is a trusted proxy's that forwards for another
}

// sender tells where a request came from. What a proxy forwards is believed only where the proxy is
// trusted, and then from the nearest one on: what stands further left was written by who is not.
func (o Options) sender(r *http.Request) sender {
	direct := sender{address: r.RemoteAddr}
	connection, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil { // of a pipe or a unix socket
		return direct
	}
	at, hops := bare(connection.Addr()), 0
	if !o.trusts(at) {
		return direct
	}
	for hop := range forwardedFor(r.Header) {
		next, ok := hopAddress(hop)
		if !ok || hops == mostHops {
			break // the last one that was named is known
		}
		at, hops = next, hops+1
		if !o.trusts(at) {
			break
		}
	}
	if hops == 0 {
		return direct
	}
	return sender{address: at.String(), proxy: r.RemoteAddr}
}

func (o Options) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(o.TrustedProxies, func(network netip.Prefix) bool { return network.Contains(a) })
}

// forwardedFor gives the hops from the nearest one on: of X-Forwarded-For, or of Forwarded (RFC 7239)
// where there is no other. A proxy that writes the one lets the other through as the client wrote it.
func forwardedFor(h http.Header) iter.Seq[string] {
	values, hop := h["X-Forwarded-For"], strings.TrimSpace
	if len(values) == 0 {
		values, hop = h["Forwarded"], forParameter
	}
	return func(yield func(string) bool) {
		for _, value := range slices.Backward(values) {
			for more := true; more; {
				comma := strings.LastIndexByte(value, ',')
				if !yield(hop(value[comma+1:])) {
					return
				}
				if more = comma >= 0; more {
					value = value[:comma]
				}
			}
		}
	}
}

// forParameter gives what the element of a Forwarded header says after "for=". A comma between quotes
// cuts an element in two, of which neither is an address: addresses have none.
func forParameter(element string) string {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if strings.EqualFold(name, "for") {
			return strings.Trim(value, `"`)
		}
	}
	return ""
}

// hopAddress reads an address with or without a port, of IPv6 with or without brackets.
func hopAddress(hop string) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(hop); err == nil {
		return bare(withPort.Addr()), true
	}
	if inner, ok := strings.CutPrefix(hop, "["); ok {
		hop = strings.TrimSuffix(inner, "]")
	}
	a, err := netip.ParseAddr(hop)
	return bare(a), err == nil
}

// bare gives an address without its zone, which may be any text, and one of IPv4 as such.
func bare(a netip.Addr) netip.Addr { return a.WithZone("").Unmap() }
