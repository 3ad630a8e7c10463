package mapping

import "testing"

func TestOnlyThePortalsOwnAddressesMayBeFollowed(t *testing.T) {
	p := portal{"securetheorem.com", "dt.corp.example"}
	good := map[string]string{
		"https://securetheorem.com":                    "https://securetheorem.com",
		"https://www.securetheorem.com/a/b?c=d#e":      "https://www.securetheorem.com/a/b?c=d#e",
		"HTTPS://WWW.SecureTheorem.com/A":              "https://WWW.SecureTheorem.com/A",
		"https://a.b.dt.corp.example/x y":              "https://a.b.dt.corp.example/x%20y",
		"https://www.securetheorem.com/a|b\"><script>": "https://www.securetheorem.com/a%7Cb%22%3E%3Cscript%3E",
	}
	for raw, want := range good {
		if got, ok := p.vet(raw); !ok || got != want {
			t.Errorf("%s: %q, %v", raw, got, ok)
		}
	}
	for _, raw := range []string{
		"", "securetheorem.com", "//securetheorem.com/", "http://securetheorem.com/", "javascript:alert(1)//securetheorem.com",
		"https://evilsecuretheorem.com/", "https://securetheorem.com.evil.example/", "https://securetheorem.com@evil.example/",
		"https://user:pw@securetheorem.com/", "https://securetheorem.com:8443/", "https://evil.example/?https://securetheorem.com/",
		"https://evil.example#.securetheorem.com", "https://evil.example\\.securetheorem.com/", "https://securetheorem.com./",
		"https:securetheorem.com", "https:///securetheorem.com", " https://securetheorem.com", "https://securetheorem.com\n.evil.example",
	} {
		if got, ok := p.vet(raw); ok {
			t.Errorf("%q may be followed as %q", raw, got)
		}
	}
	if _, ok := (portal{}).vet("https://securetheorem.com/"); ok {
		t.Error("without hosts nothing may be followed")
	}
}
