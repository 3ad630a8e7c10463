// Package disk proves what happens to accepted events when the disk is full, fails, loses its power or
// changes what was written to it. It holds tests only.
package disk
