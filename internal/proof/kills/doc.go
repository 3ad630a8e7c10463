// Package kills proves with a real process that nothing which was answered with 2xx is lost and nothing
// is ticketed twice, whenever it is killed or stopped. It holds tests only.
package kills
