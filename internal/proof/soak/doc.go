// Package soak proves that ticketd does not grow with what it has done, and that deleting what is old
// holds up no webhook. It holds tests only.
package soak
