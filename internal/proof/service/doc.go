// Package service proves the installed service on a systemd that really boots: the package, the units, the
// socket, the watchdog, the journal, and every command of the README's operating chapter. It holds tests only.
package service
