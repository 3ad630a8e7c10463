package receive

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ticketd/internal/proof/report"
)

// whether is a request that net/http refuses in words of its own: an answer to it shows that the
// connection was kept.
const (
	whether = "GET /is-it-kept HTTP/1.1\r\n\r\n"
	itIs    = "400 Bad Request: missing required Host header"
)

// talk sends raw bytes over a new connection, then asks whether it is kept, and tells each answer as
// "STATUS what", or what it says in full where it is not ours, and at last "kept" or "closed".
func talk(t *testing.T, address, raw string) string {
	t.Helper()
	conn := connect(t, address)
	go func() {
		_, _ = io.WriteString(conn, raw+whether) // refused half-way, as it may be
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	method, _, _ := strings.Cut(raw, " ") // an answer to HEAD has no body
	var told []string
	for in := bufio.NewReader(conn); ; {
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return strings.Join(append(told, "closed"), ", ")
		}
		one := tell(t, resp)
		if one == `400 "`+itIs+`"` {
			return strings.Join(append(told, "kept"), ", ")
		}
		told = append(told, one)
	}
}

// tell reads an answer. Ours must be all of what it may be, and nothing beyond.
func tell(t *testing.T, resp *http.Response) string {
	t.Helper()
	if resp.StatusCode == http.StatusContinue {
		return "100"
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Error(err)
	}
	what, ours := strings.CutPrefix(string(body), `{"status":"`)
	if !ours {
		if len(body) > 80 {
			t.Errorf("%d: a long answer: %q", resp.StatusCode, body)
		}
		return fmt.Sprintf("%d %q", resp.StatusCode, body)
	}
	what = strings.TrimSuffix(what, "\"}\n")
	may := []string{"Content-Length", "Content-Type", "Date", "X-Content-Type-Options"}
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		may = append(may, "Www-Authenticate")
	case http.StatusMethodNotAllowed:
		may = append(may, "Allow")
	}
	for name := range resp.Header {
		if !slices.Contains(may, name) && name != "Connection" {
			t.Errorf("%d %s has the header %s", resp.StatusCode, what, name)
		}
	}
	return fmt.Sprint(resp.StatusCode, " ", what)
}

// exchange sends one request and gives the status of the answer.
func exchange(t *testing.T, conn net.Conn, raw string) int {
	t.Helper()
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	return status(conn)
}

// status reads one answer, 0 for none.
func status(conn net.Conn) int {
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// rawCase is bytes on a connection and what must come of them.
type rawCase struct {
	name, raw string
	want      string // see talk
	stored    int    // events
}

// lines is a request of a request line and header lines.
func lines(request string, headers ...string) string {
	return request + "\r\nHost: x\r\n" + strings.Join(append(headers, "\r\n"), "\r\n")
}

const (
	post    = "POST /webhook HTTP/1.1"
	bearer  = "Authorization: Bearer " + token
	empty   = "Content-Length: 0"
	chunked = "Transfer-Encoding: chunked"
)

func credentialsCases() []rawCase {
	of := func(headers ...string) string { return lines(post, append(headers, empty)...) }
	return []rawCase{
		{"no token", of(), "401 unauthorized, closed", 0},
		{"a wrong token", of("Authorization: Bearer wrong"), "401 unauthorized, closed", 0},
		{"two tokens", of(bearer, "Authorization: Bearer wrong"), "401 unauthorized, closed", 0},
		{"the token twice", of(bearer, bearer), "401 unauthorized, closed", 0},
		{"two tokens in one header", of(bearer + ", Bearer " + token), "401 unauthorized, closed", 0},
		{"in the query", lines("POST /webhook?token="+token+"&access_token="+token+" HTTP/1.1", empty), "401 unauthorized, closed", 0},
		{"in a cookie", of("Cookie: Authorization=" + token + "; token=" + token), "401 unauthorized, closed", 0},
		{"in another header", of("X-Authorization: Bearer "+token, "Proxy-Authorization: Bearer "+token, "X-Api-Key: "+token), "401 unauthorized, closed", 0},
		{"in the body", lines(post, fmt.Sprintf("Content-Length: %d", len(token))) + token, "401 unauthorized, closed", 0},
		{"in a trailer", lines(post, chunked, "Trailer: Authorization") + "0\r\n" + bearer + "\r\n\r\n", "401 unauthorized, closed", 0},
		{"in the user of the URL", lines("POST http://"+token+"@x/webhook HTTP/1.1", empty), "401 unauthorized, closed", 0},
		{"basic", of("Authorization: Basic " + token), "401 unauthorized, closed", 0},
		{"basic, as a password", of("Authorization: Basic eDp0b2tlbg=="), "401 unauthorized, closed", 0},
		{"scheme in upper case", of("Authorization: BEARER "+token, "X: 1"), "200 accepted, kept", 1},
		{"scheme in lower case", of("authorization: bearer "+token, "X: 2"), "200 repeated, kept", 0},
		{"spaces around", of("Authorization:   Bearer   "+token+"  \t", "X: 3"), "200 repeated, kept", 0},
		{"a folded header", of("Authorization: Bearer\r\n " + token), "200 repeated, kept", 0},
		{"a NUL behind it", of(bearer + "\x00"), `400 "400 Bad Request", closed`, 0},
		{"a carriage return in it", of("Authorization: Bearer \r" + token), `400 "400 Bad Request", closed`, 0},
		{"expired", of("Authorization: Bearer expired-token-of-the-tests"), "401 unauthorized, closed", 0},
		{"the hook's secret", of("Authorization: Bearer " + capability), "401 unauthorized, closed", 0},
	}
}

func framingCases() []rawCase {
	const smuggled = "POST /webhook HTTP/1.1\r\nHost: x\r\n" + bearer + "\r\nContent-Length: 8\r\n\r\nsmuggled"
	with := func(headers ...string) string { return lines(post, append([]string{bearer}, headers...)...) }
	old := func(headers ...string) string {
		return lines("POST /webhook HTTP/1.0", append([]string{bearer}, headers...)...)
	}
	return []rawCase{
		{"a length", with("Content-Length: 2") + "01", "200 accepted, kept", 1},
		{"chunks", with(chunked) + "2\r\n02\r\n0\r\n\r\n", "200 accepted, closed", 1},
		{"chunks, one with an extension", with(chunked) + "2;x=y\r\n03\r\n0\r\n\r\n", "200 accepted, closed", 1},
		{"no length", with(), "200 repeated, kept", 0},
		{"both lengths", with("Content-Length: 9", chunked) + "2\r\n04\r\n0\r\n\r\n" + smuggled, "200 accepted, closed", 1},
		{"both lengths, the other way round", with(chunked, "Content-Length: 9") + "2\r\n05\r\n0\r\n\r\n" + smuggled, "200 accepted, closed", 1},
		{"two lengths", with("Content-Length: 2", "Content-Length: 3") + "06", `400 "400 Bad Request", closed`, 0},
		{"the same length twice", with("Content-Length: 2", "Content-Length: 2") + "07", "200 accepted, kept", 1},
		{"two lengths in one header", with("Content-Length: 2, 3") + "08", `400 "400 Bad Request", closed`, 0},
		{"a length with a sign", with("Content-Length: +2") + "09", `400 "400 Bad Request", closed`, 0},
		{"a negative length", with("Content-Length: -2") + "10", `400 "400 Bad Request", closed`, 0},
		{"a length in hex", with("Content-Length: 0x2") + "11", `400 "400 Bad Request", closed`, 0},
		{"a length beyond 64 bits", with("Content-Length: 99999999999999999999") + "12", `400 "400 Bad Request", closed`, 0},
		{"a length over the cap", with("Content-Length: 1048577") + "13", "413 too_large, closed", 0},
		{"two codings", with("Transfer-Encoding: gzip, chunked") + "2\r\n14\r\n0\r\n\r\n", `501 "Unsupported transfer encoding", closed`, 0},
		{"chunked twice", with(chunked, chunked) + "2\r\n15\r\n0\r\n\r\n", `501 "Unsupported transfer encoding", closed`, 0},
		{"an unknown coding", with("Transfer-Encoding: xchunked") + "2\r\n16\r\n0\r\n\r\n", `501 "Unsupported transfer encoding", closed`, 0},
		{"a coding with a tab", with("Transfer-Encoding:\tchunked") + "2\r\n17\r\n0\r\n\r\n", "200 accepted, closed", 1},
		{"a coding of vertical tabs", with("Transfer-Encoding: \x0bchunked") + "2\r\n18\r\n0\r\n\r\n", `400 "400 Bad Request", closed`, 0},
		{"a chunk of no number", with(chunked) + "zz\r\n19\r\n0\r\n\r\n", "400 truncated, closed", 0},
		{"a chunk that ends elsewhere", with(chunked) + "3\r\n20\r\n0\r\n\r\n", "400 truncated, closed", 0},
		{"a chunk with a bare line feed", with(chunked) + "2\n21\n0\n\n", "400 truncated, closed", 0},
		{"a chunk larger than memory", with(chunked) + "ffffffffffffffff\r\n22", "400 truncated, closed", 0},
		{"a huge extension", with(chunked) + "2;" + strings.Repeat("x", 64<<10) + "\r\n23\r\n0\r\n\r\n", "400 truncated, closed", 0},
		{"a longer body than told", with("Content-Length: 2") + "24" + smuggled, "200 accepted, 200 accepted, kept", 2},
		{"a pipeline", with("Content-Length: 2") + "25" + with("Content-Length: 2") + "26" + with("Content-Length: 2") + "27",
			"200 accepted, 200 accepted, 200 accepted, kept", 3},
		{"behind a refused body", lines(post, "Content-Length: 4") + "{}{}" + smuggled, "401 unauthorized, closed", 0},
		{"bare line feeds", strings.ReplaceAll(with("Content-Length: 2"), "\r\n", "\n") + "28", "200 accepted, kept", 1},
		{"a space before the colon", with("Content-Length : 2") + "29", `400 "400 Bad Request: invalid header name", closed`, 0},
		{"a space before the first header", post + "\r\n X: y\r\nHost: x\r\n" + bearer + "\r\nContent-Length: 2\r\n\r\n30", `400 "400 Bad Request", closed`, 0},
		{"a header without a colon", with("hello", "Content-Length: 2") + "31", `400 "400 Bad Request", closed`, 0},
		{"a header without a name", with(": x", "Content-Length: 2") + "32", `400 "400 Bad Request", closed`, 0},
		{"HTTP/1.0", old("Content-Length: 2") + "33", "200 accepted, closed", 1},
		{"HTTP/1.0 that would stay", old("Content-Length: 2", "Connection: keep-alive") + "34", "200 accepted, closed", 1},
		{"HTTP/1.0 with both lengths", old("Connection: keep-alive", chunked, "Content-Length: 2") + "35" + smuggled, "200 accepted, closed", 1},
		{"HTTP/1.0 with chunks", old("Connection: keep-alive", chunked) + "2\r\n36\r\n0\r\n\r\n" + smuggled, "411 length_required, closed", 0},
		{"HTTP/1.0 with no length", old(), "411 length_required, closed", 0},
		{"HTTP/1.0 with an empty body", old(empty), "200 repeated, closed", 0},
	}
}

func lineCases() []rawCase {
	with := func(request string, headers ...string) string {
		return lines(request, append([]string{bearer}, headers...)...)
	}
	many := make([]string, 200)
	for i := range many {
		many[i] = fmt.Sprintf("X-%d: y", i)
	}
	return []rawCase{
		{"absolute form", with("POST http://elsewhere.example/webhook HTTP/1.1", "Content-Length: 2") + "37", "200 accepted, kept", 1},
		{"star", with("POST * HTTP/1.1"), "404 not_found, closed", 0},
		{"all options", with("OPTIONS * HTTP/1.1"), "404 not_found, closed", 0},
		{"options", with("OPTIONS /webhook HTTP/1.1"), "405 bad_method, kept", 0},
		{"CONNECT", with("CONNECT elsewhere.example:443 HTTP/1.1"), "404 not_found, closed", 0},
		{"CONNECT to the path", with("CONNECT /webhook HTTP/1.1"), "405 bad_method, kept", 0},
		{"TRACE", with("TRACE /webhook HTTP/1.1"), "405 bad_method, kept", 0},
		{"GET", with("GET /webhook HTTP/1.1"), "405 bad_method, kept", 0},
		{"HEAD", with("HEAD /webhook HTTP/1.1", "Connection: close"), `405 "", closed`, 0},
		{"PUT", with("PUT /webhook HTTP/1.1", "Content-Length: 2") + "02", "405 bad_method, closed", 0},
		{"post in lower case", with("post /webhook HTTP/1.1", "Content-Length: 2") + "03", "405 bad_method, closed", 0},
		{"a method of the header", with("GET /webhook HTTP/1.1", "X-HTTP-Method-Override: POST"), "405 bad_method, kept", 0},
		{"a stranger's GET", lines("GET /webhook HTTP/1.1"), "401 unauthorized, closed", 0},
		{"HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "404 not_found, closed", 0},
		{"an upgrade to HTTP/2", with(post, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__", "Content-Length: 2") + "38", "200 accepted, kept", 1},
		{"an upgrade to a web socket", with("GET /webhook HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket"), "405 bad_method, kept", 0},
		{"HTTP/3.0", with("POST /webhook HTTP/3.0", "Content-Length: 2") + "05", `505 "505 HTTP Version Not Supported: unsupported protocol version", closed`, 0},
		{"HTTP/0.9", "POST /webhook\r\n", `400 "400 Bad Request", closed`, 0},
		{"a version of letters", with("POST /webhook HTTP/x.y"), `400 "400 Bad Request", closed`, 0},
		{"two spaces", with("POST  /webhook HTTP/1.1"), `400 "400 Bad Request", closed`, 0},
		{"a tab", with("POST\t/webhook\tHTTP/1.1"), `400 "400 Bad Request", closed`, 0},
		{"not HTTP", "hello\r\n\r\n", `400 "400 Bad Request", closed`, 0},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", `400 "400 Bad Request", closed`, 0},
		{"two hosts", lines(post, "Host: y", bearer), `400 "400 Bad Request", closed`, 0},
		{"a host of nonsense", post + "\r\nHost: a b\r\n" + bearer + "\r\n\r\n", `400 "400 Bad Request: malformed Host header", closed`, 0},
		{"a header of 40 kB", with(post, "X: "+strings.Repeat("x", 40<<10)), `431 "431 Request Header Fields Too Large", closed`, 0},
		{"a target of 40 kB", with("POST /" + strings.Repeat("x", 40<<10) + " HTTP/1.1"), `431 "431 Request Header Fields Too Large", closed`, 0},
		{"200 headers", with(post, slices.Concat(many, []string{"Content-Length: 2"})...) + "39", "200 accepted, kept", 1},
		{"5,000 headers", with(post, slices.Concat(slices.Repeat(many, 25), []string{"Content-Length: 2"})...) + "07", `431 "431 Request Header Fields Too Large", closed`, 0},
		{"to be continued", with(post, "Expect: 100-continue", "Content-Length: 2") + "40", "100, 200 accepted, kept", 1},
		{"a stranger's, to be continued", lines(post, "Expect: 100-continue", "Content-Length: 2") + "09", "401 unauthorized, closed", 0},
		{"another expectation", with(post, "Expect: a miracle", "Content-Length: 2") + "10", `417 "", closed`, 0},
	}
}

func mediaCases() []rawCase {
	of := func(header string) string { return lines(post, bearer, header, "Content-Length: 2") + "{}" }
	var all []rawCase
	for _, coding := range []string{"gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "compress", "gzip, br", "identity, gzip", "gzip;q=1", "*"} {
		all = append(all, rawCase{"body in " + coding, of("Content-Encoding: " + coding), "415 bad_media, closed", 0})
	}
	for _, media := range []string{"text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
		"application/json; charset=utf-8; x=y", "application/json, text/plain", "json", "/"} {
		all = append(all, rawCase{"body of " + media, of("Content-Type: " + media), "415 bad_media, closed", 0})
	}
	return append(all,
		rawCase{"two types", of("Content-Type: application/json\r\nContent-Type: text/plain"), "415 bad_media, closed", 0},
		rawCase{"JSON", of("Content-Type: APPLICATION/JSON ; charset=utf-8"), "200 accepted, kept", 1},
		rawCase{"not compressed", of("Content-Encoding: Identity"), "200 repeated, kept", 0})
}

func TestEveryRawRequestIsAnsweredAsItDeserves(t *testing.T) {
	d := open(t, func(o *Options) {
		expired := credential("expired", "expired-token-of-the-tests")
		expired.NotAfter = time.Unix(1000, 0)
		o.Tokens = append(o.Tokens, expired)
	})
	address := d.serve()
	cases := 0
	for _, group := range [][]rawCase{credentialsCases(), framingCases(), lineCases(), mediaCases()} {
		for _, c := range group {
			before := len(d.events())
			got := talk(t, address, c.raw)
			if stored := len(d.events()) - before; got != c.want || stored != c.stored {
				t.Errorf("%s: %s and %d events, want %s and %d", c.name, got, stored, c.want, c.stored)
			}
			cases++
		}
	}
	report.Tell(t, report.Row{
		Part: "Door", What: fmt.Sprintf("%d raw requests: credentials, lengths, request lines, media", cases),
		Outcome: "each answered, kept or closed, and stored or not, as its line of the table says",
	})
}
