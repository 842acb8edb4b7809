# SPDX-License-Identifier: GPL-2.0-or-later
"""What the host's halves of scenarios need to look into captures: keys as "ip xfrm state" prints them, packets of a pcap file, and
ESP opened with a key.  Nothing of the programs under test is used here."""
import hmac
import re
import struct
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

AEAD = re.compile(r"aead (rfc4106\(gcm\(aes\)\)|rfc4543\(gcm\(aes\)\)) 0x([0-9a-f]+) (\d+)")


def read_keys(path):
    """SPI -> its algorithms and keys.  An SPI that the file has with two keys is an error, since nobody could say which one is meant."""
    keys = {}
    spi = None
    for line in open(path):
        m = re.search(r"proto (\w+) spi 0x([0-9a-f]+)", line)
        if m:
            spi = int(m.group(2), 16) if m.group(1) == "esp" else None
        m = re.search(r"auth-trunc hmac\(sha(\d+)\) 0x([0-9a-f]+) (\d+)", line)
        if m:
            add_key(keys, spi, "auth", ("sha" + m.group(1), bytes.fromhex(m.group(2)), int(m.group(3)) // 8))
        m = re.search(r"enc cbc\(aes\) 0x([0-9a-f]+)", line)
        if m:
            add_key(keys, spi, "cbc", bytes.fromhex(m.group(1)))
        m = AEAD.search(line)
        if m:
            add_key(keys, spi, "gmac" if "4543" in m.group(1) else "gcm", (bytes.fromhex(m.group(2)), int(m.group(3)) // 8))
    return keys


def add_key(keys, spi, kind, key):
    if keys.setdefault(spi, {}).setdefault(kind, key) != key:
        raise SystemExit("SPI %08x has two keys" % spi)


def read_packets(path):
    """Whole IPv4 packets of an Ethernet capture: (header fields, payload); fragments are put together."""
    data = open(path, "rb").read()
    magic, _, _, _, _, _, link = struct.unpack("<IHHIIII", data[:24])
    if magic != 0xA1B2C3D4 or link != 1:
        raise SystemExit("%s is no capture of Ethernet" % path)
    at, parts = 24, {}
    while at < len(data):
        seconds, micros, size, true_size = struct.unpack("<IIII", data[at : at + 16])
        frame = data[at + 16 : at + 16 + size]
        at += 16 + size
        if frame[12:14] != b"\x08\x00":
            continue
        if size != true_size:
            raise SystemExit("%s: a packet of %d octets is cut to %d" % (path, true_size, size))
        ip = frame[14:]
        head = (ip[0] & 15) * 4
        total, ident, frag = struct.unpack(">HHH", ip[2:8])
        where = {"time": seconds + micros / 1e6, "src": ip[12:16], "dst": ip[16:20], "tos": ip[1], "ttl": ip[8],
                 "protocol": ip[9], "df": bool(frag & 0x4000)}
        body = ip[head:total]
        offset, more = (frag & 0x1FFF) * 8, frag & 0x2000
        if not offset and not more:
            yield where, body
            continue
        p = parts.setdefault((ip[12:20], ident), {"pieces": {}, "end": None, "where": where})
        p["pieces"][offset] = body
        if not more:
            p["end"] = offset + len(body)
        if p["end"] is not None and sum(map(len, p["pieces"].values())) == p["end"]:
            yield p["where"], b"".join(p["pieces"][k] for k in sorted(p["pieces"]))
            del parts[(ip[12:20], ident)]
    if parts:
        raise SystemExit("%d packets whose fragments are not all in the capture" % len(parts))


def open_aead(key, size, esp, encrypted):
    """RFC 4106: what follows the IV is encrypted; RFC 4543: it is authenticated alone, with the IV.  An exception if the ICV is wrong."""
    d = Cipher(algorithms.AES(key[:-4]), modes.GCM(key[-4:] + esp[8:16], esp[-size:], min_tag_length=8)).decryptor()
    d.authenticate_additional_data(esp[:8] if encrypted else esp[:-size])
    clear = d.update(esp[16:-size] if encrypted else b"")
    d.finalize()
    return clear if encrypted else esp[16:-size]


def open_esp(keys, esp):
    """(next header, what was in it) of a packet of ESP; an exception if it is not its key's."""
    spi = struct.unpack(">I", esp[:4])[0]
    if spi not in keys:
        raise ValueError("no key for the SPI %08x" % spi)
    k = keys[spi]
    if "gcm" in k:
        clear = open_aead(*k["gcm"], esp, True)
    elif "gmac" in k:
        clear = open_aead(*k["gmac"], esp, False)
    else:
        name, key, size = k["auth"]
        if hmac.new(key, esp[:-size], name).digest()[:size] != esp[-size:]:
            raise ValueError("wrong ICV")
        d = Cipher(algorithms.AES(k["cbc"]), modes.CBC(esp[8:24])).decryptor()
        clear = d.update(esp[24:-size]) + d.finalize()
    pad = clear[-2]
    if bytes(range(1, pad + 1)) != clear[-2 - pad : -2]:
        raise ValueError("padding %s" % clear[-2 - pad : -2].hex())
    return clear[-1], clear[: -2 - pad]
