#!/bin/sh
# The life of a package on a machine without a running systemd: life.sh FOLDER DEB RPM, as root in mount
# namespaces of its own. Nothing is written but to a layer over this machine's files, which is gone
# afterwards. Ends with 77 where that cannot be had.
set -e
mount -t tmpfs none "$1" && mkdir "$1/upper" "$1/work" "$1/root" &&
	mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root" || exit 77
cp "$2" "$1/root/ticketd.deb"
[ -z "$3" ] || cp "$3" "$1/root/ticketd.rpm"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
exec chroot "$1/root" sh -e <<'INSIDE'
exec 2>&1
is() { [ "$1" = "$2" ] || { echo "it is '$1', want '$2'"; exit 1; }; }
of() { stat -c '%U:%G %a' "$1"; }
configured() {
	is "$(of /etc/ticketd/ticketd.toml)" 'root:ticketd 640'
	is "$(getent passwd ticketd | cut -d: -f6,7)" /var/lib/ticketd:/usr/sbin/nologin
	code=0; ticketd check >/dev/null 2>&1 || code=$?
	is "$code" 78
}
fresh() { rm -rf /etc/ticketd /var/lib/ticketd; sed -i /^ticketd:/d /etc/passwd /etc/group /etc/shadow /etc/gshadow; }
used() { # what a service leaves, and what is another's
	mkdir -p /var/lib/ticketd /etc/credstore
	touch /var/lib/ticketd/ticketd.db /etc/credstore/ticketd.jira-token /etc/credstore/other
}

rm -f /var/lib/man-db/auto-update # its index of pages would take longer than all the rest
fresh
dpkg --install /ticketd.deb && configured
chmod 600 /etc/ticketd/ticketd.toml
dpkg --install /ticketd.deb # again: what a person set stays
is "$(of /etc/ticketd/ticketd.toml)" 'root:ticketd 600'
used
dpkg --remove ticketd
is "$(ls /etc/ticketd /var/lib/ticketd /etc/credstore | tr '\n' ' ')" '/etc/credstore: other ticketd.jira-token  /etc/ticketd: ticketd.toml  /var/lib/ticketd: ticketd.db '
dpkg --install /ticketd.deb
mount -t tmpfs none /var/lib/ticketd && touch /var/lib/ticketd/ticketd.db # a disk of its own cannot be removed
dpkg --purge ticketd
is "$(ls /var/lib/ticketd)" ''
umount /var/lib/ticketd && rm -r /var/lib/ticketd
is "$(ls -d /etc/ticketd /var/lib/ticketd /etc/credstore/* 2>/dev/null)" /etc/credstore/other
getent passwd ticketd >/dev/null # the number is nobody else's

[ -f /ticketd.rpm ] || exit 0
fresh
rpm --nodeps --install /ticketd.rpm && configured # its needs are Red Hat's packages
rpm --verify --nodeps ticketd
echo '# mine' >>/etc/ticketd/ticketd.toml
rpm --nodeps --upgrade --force /ticketd.rpm
is "$(tail -n 1 /etc/ticketd/ticketd.toml)" '# mine'
used
rpm --erase ticketd
is "$(ls /etc/ticketd /var/lib/ticketd | tr '\n' ' ')" '/etc/ticketd: ticketd.toml.rpmsave  /var/lib/ticketd: ticketd.db '
getent passwd ticketd >/dev/null
INSIDE
