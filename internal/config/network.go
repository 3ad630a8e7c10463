package config

import (
	"net/netip"
	"strings"
)

// network reads an address or a network of addresses.
func (d *document) network(n *node, to *netip.Prefix) {
	const hint = `write an address such as "192.0.2.7", or a network such as "10.0.0.0/8"`
	if n.kind != text {
		d.bad(n, "is "+n.kind.String()+", must be an address or a network", hint)
		return
	}
	var network netip.Prefix
	var err error
	if strings.Contains(n.text, "/") {
		network, err = netip.ParsePrefix(n.text)
	} else {
		var address netip.Addr
		address, err = netip.ParseAddr(n.text)
		network = netip.PrefixFrom(address, address.BitLen())
	}
	switch address := network.Addr(); {
	case err != nil:
		d.bad(n, "is no address and no network", hint)
	case strings.Contains(n.text, "%"):
		d.bad(n, "has a zone", "write it without: "+address.String())
	case address.Is4In6():
		d.bad(n, "is an IPv4 address written as one of IPv6", "write it as "+address.Unmap().String())
	case network != network.Masked():
		d.bad(n, "has digits behind its network", "write "+network.Masked().String())
	default:
		*to = network
	}
}
