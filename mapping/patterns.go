package mapping

// UnmarshalText lets a single TOML string stand for a list of one. go-toml asks for it where the
// value is a string and decodes an array into the slice by itself, also in strict decoding, so that
// no decoder option is needed.
func (p *Patterns) UnmarshalText(text []byte) error {
	*p = Patterns{string(text)}
	return nil
}
