package metrics

import (
	"cmp"
	"runtime"
	"runtime/debug"
)

func (m *Metrics) tellBuild() {
	f := m.families
	f.gauge("ticketd_build_info", "1; which ticketd runs.", "version", "revision", "goversion").
		WithLabelValues(m.o.Version, revision(), runtime.Version()).Set(1)
	f.gauge("ticketd_config_info", "1; a digest of the configuration in use, which changes with it.", "hash").
		WithLabelValues(m.o.ConfigHash).Set(1)
	f.gauge("ticketd_config_loaded_timestamp_seconds", "When the configuration in use was read, which is when ticketd started.").
		WithLabelValues().Set(float64(m.o.Now().Unix()))
}

// revision is the commit that the program was built from, where it is known.
func revision() string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return "unknown"
	}
	found := ""
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			found = setting.Value
		}
	}
	return cmp.Or(found, "unknown")
}
