package roff_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"ticketd/internal/roff"
)

func page() *roff.Page {
	p := roff.New(roff.Title{Name: "thing", Section: 5, Date: "2026-11-23", Source: "ticketd v1.2.3", Manual: "File Formats"})
	p.Section("Name")
	p.Text("thing \\- what it is")
	p.Subsection(`[[a "b"]]`)
	p.Text(".begins with a point\nand goes on, 100% as it's written\n\nSee `ticketd check --json`; a lone ` is one.")
	p.Term("--state=STATE,...", "'quoted' at the beginning")
	p.Literal("key = \"value\"\n.dot = '^~\\n'\n\nend\n")
	return p
}

func TestAPageIsWrittenInTheMacrosOfMan(t *testing.T) {
	want := `.TH "THING" 5 "2026\-11\-23" "ticketd v1.2.3" "File Formats"
.nh
.ad l
.SH "NAME"
.PP
thing \e\- what it is
.SS "[[a \(dqb\(dq]]"
.PP
\&.begins with a point and goes on, 100% as it\(aqs written
.PP
See \fBticketd check \-\-json\fP; a lone \(ga is one.
.TP
\fB\-\-state=STATE,...\fP
\(aqquoted\(aq at the beginning
.PP
.RS 4
.EX
key = \(dqvalue\(dq
\&.dot = \(aq\(ha\(ti\en\(aq

end
.EE
.RE
`
	if got := page().String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestManShowsAPageAsItWasMeantAndFindsNoFault(t *testing.T) {
	man, err := exec.LookPath("man")
	if err != nil {
		t.Skip("there is no man here (Debian: man-db)")
	}
	c := exec.CommandContext(t.Context(), man, "--warnings", "--encoding=UTF-8", "--local-file", "-")
	c.Env = append(c.Environ(), "MANWIDTH=72", "LC_ALL=C.UTF-8", "MAN_KEEP_FORMATTING=", "MANROFFSEQ=")
	c.Stdin = strings.NewReader(page().String())
	var out, complaints bytes.Buffer
	c.Stdout, c.Stderr = &out, &complaints
	if err := c.Run(); err != nil || complaints.Len() > 0 {
		t.Fatalf("man: %v\n%s", err, complaints.String())
	}
	for _, shown := range []string{
		"100% as it's written", ".begins with a point", "ticketd check --json", "--state=STATE,...", `key = "value"`, `.dot = '^~\n'`,
	} {
		if !strings.Contains(out.String(), shown) {
			t.Errorf("%q is not shown in\n%s", shown, out.String())
		}
	}
}
