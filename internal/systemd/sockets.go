package systemd

import (
	"errors"
	"fmt"
	"net"

	"github.com/coreos/go-systemd/v22/activation"
)

// Listeners gives the sockets that systemd opened for this process, by the FileDescriptorName= of their
// unit. It may be called once: the sockets are the caller's from then on.
func Listeners() (_ map[string]net.Listener, err error) {
	all := make(map[string]net.Listener)
	defer func() {
		if err != nil {
			for _, l := range all {
				err = errors.Join(err, l.Close())
			}
		}
	}()
	for _, file := range activation.Files(true) {
		l, listening := net.FileListener(file) // a copy
		if err := errors.Join(listening, file.Close()); err != nil {
			return nil, fmt.Errorf("taking over socket %q of systemd: %w", file.Name(), err)
		}
		if all[file.Name()] != nil {
			return nil, errors.Join(fmt.Errorf("systemd gives two sockets that are named %q, of which only one can be served", file.Name()), l.Close())
		}
		all[file.Name()] = l
	}
	return all, nil
}
