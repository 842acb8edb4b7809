# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The machine as it is when it has booted, saved once (QEMU's migration to a file) and then the beginning of every run: a boot
# costs more than many a scenario.  Each run brings its own files on a second disk.  Sourced by vm/run, which provides CACHE,
# WORK, BASE, MACHINE and say().

SAVE_LIMIT=600 # seconds of real time; it takes some ten on an idle machine

# saved_machine: sets SAVED to the saved machine, and INITRD to what it was booted from; makes both unless the cache has them.
# Fails if that cannot be done: the run boots then.  Called with the cache locked.
saved_machine() {
	local key
	key=$({
		qemu-system-x86_64 --version
		printf '%s\n' "${MACHINE[@]}" "$BASE" "$DISK"
		cat "$ROOT/tests/vm/init" "$ROOT/tests/vm/saved.sh"
	} | sha256sum)
	SAVED=$CACHE/saved-$VERSION${ICOUNT:+-counted}
	INITRD=$SAVED-${key:0:16}.cpio
	if [[ -s $SAVED-${key:0:16}.state ]]; then
		SAVED+=-${key:0:16}.state
		return
	fi
	say "booting a machine to be saved (once)"
	rm -f "$CACHE/saved-$VERSION${ICOUNT:+-counted}"-????????????????.*
	SAVED+=-${key:0:16}.state
	mkdir "$WORK/first"
	install -m 755 "$ROOT/tests/vm/init" "$WORK/first/init"
	archive "$WORK/first" "$WORK/first.cpio"
	cat "$BASE" "$WORK/first.cpio" >"$INITRD"
	save_machine "$SAVED.new" && mv "$SAVED.new" "$SAVED" || return 1
}

# save_machine FILE
save_machine() {
	local pid until=$((SECONDS + SAVE_LIMIT)) status=0
	truncate -s "$DISK" "$WORK/save.disk"
	mkfifo "$WORK/save.in" "$WORK/monitor.in" "$WORK/monitor.out"
	exec 7<>"$WORK/save.in" 8<>"$WORK/monitor.in" 9<>"$WORK/monitor.out"
	truncate -s 1M "$WORK/save.layer"
	: >"$WORK/save.log"
	"${MACHINE[@]}" -initrd "$INITRD" -drive "file=$WORK/save.disk,format=raw,if=virtio,cache=unsafe" \
		-drive "file=$WORK/save.layer,format=raw,if=virtio,cache=unsafe,readonly=on" \
		-serial "file:$WORK/save.console" -serial stdio \
		-chardev "pipe,id=orders,path=$WORK/monitor" -mon "chardev=orders,mode=readline" \
		<"$WORK/save.in" >"$WORK/save.log" 2>&1 &
	pid=$!
	QEMU=$pid
	until grep -q '^ready' "$WORK/save.log"; do
		if ! kill -0 "$pid" 2>/dev/null || ((SECONDS > until)); then break; fi
		sleep 0.2
	done
	if grep -q '^ready' "$WORK/save.log"; then
		printf '%s\n' "migrate_set_parameter max-bandwidth 100G" "migrate \"exec:cat >'$1'\"" quit >&8
	else
		kill -KILL "$pid" 2>/dev/null
	fi
	wait "$pid" || status=$?
	QEMU=
	exec 7>&- 8>&- 9>&-
	if ((status)) || [[ ! -s $1 ]]; then
		say "a booted machine cannot be saved (status $status): $(tail -n 1 "$WORK/save.log" "$WORK/save.console" | tr '\n' ' ')"
		return 1
	fi
}
