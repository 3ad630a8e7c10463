package ticket

// Doc is a text with structure that each tracker's adapter writes in its own form: ADF, wiki text
// or Markdown. The structure is ours; every string in it is shown literally and can never become
// markup, a mention, a reference, an image or a link, whatever it contains.
type Doc []Block

// BlockKind is the shape of a block.
type BlockKind int

// The blocks.
const (
	Paragraph BlockKind = iota // Spans; a newline in a text is a line break
	Heading                    // Spans on one line
	List                       // Items, one bullet each
	Table                      // Items in pairs: name, value
	Code                       // Text, shown verbatim in a fixed-width block
	Quote                      // Spans, set apart as somebody's words
)

// Block is one block of a Doc.
type Block struct {
	Kind  BlockKind
	Spans []Span
	Items [][]Span
	Text  string
}

// SpanKind is the look of a span.
type SpanKind int

// The spans.
const (
	Plain SpanKind = iota
	Strong
	Mono // inline code
	Link // Text shown, URL followed; the URL was vetted by whoever made the Doc
)

// Span is a run of text.
type Span struct {
	Kind SpanKind
	Text string
	URL  string
}

// Text makes plain spans of a string.
func Text(s string) []Span { return []Span{{Text: s}} }

// Para makes a paragraph.
func Para(spans ...Span) Block { return Block{Kind: Paragraph, Spans: spans} }

// Head makes a heading.
func Head(s string) Block { return Block{Kind: Heading, Spans: Text(s)} }
