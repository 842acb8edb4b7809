/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/isakmp.h"

int notify_read(struct notify *ret, struct reader body, struct ike_diag *diag)
{
	struct notify n = { .doi = read_u32(&body) };
	uint8_t spi_size;

	n.protocol = read_u8(&body);
	spi_size = read_u8(&body);
	n.type = read_u16(&body);
	n.spi = (struct chunk){ read_bytes(&body, spi_size), spi_size };
	n.data = (struct chunk){ body.at, body.left };
	if (body.failed)
		return diag_fail(diag, -EBADMSG, CAUSE_NOTIFY_SHORT);
	*ret = n;
	return 0;
}

void notify_write(struct writer *w, struct chain *c, const struct notify *n)
{
	chain_begin(c, w, PAYLOAD_NOTIFY);
	write_u32(w, n->doi);
	write_u8(w, n->protocol);
	write_u8(w, (uint8_t)n->spi.len);
	write_u16(w, n->type);
	write_bytes(w, n->spi.data, n->spi.len);
	write_bytes(w, n->data.data, n->data.len);
	chain_end(c, w);
}

const char *notify_name(uint16_t type)
{
	static const char *const names[] = {
		/* RFC 2408 3.14.1 */
		[1] = "INVALID-PAYLOAD-TYPE",
		[2] = "DOI-NOT-SUPPORTED",
		[3] = "SITUATION-NOT-SUPPORTED",
		[4] = "INVALID-COOKIE",
		[5] = "INVALID-MAJOR-VERSION",
		[6] = "INVALID-MINOR-VERSION",
		[7] = "INVALID-EXCHANGE-TYPE",
		[8] = "INVALID-FLAGS",
		[9] = "INVALID-MESSAGE-ID",
		[10] = "INVALID-PROTOCOL-ID",
		[11] = "INVALID-SPI",
		[12] = "INVALID-TRANSFORM-ID",
		[13] = "ATTRIBUTES-NOT-SUPPORTED",
		[14] = "NO-PROPOSAL-CHOSEN",
		[15] = "BAD-PROPOSAL-SYNTAX",
		[16] = "PAYLOAD-MALFORMED",
		[17] = "INVALID-KEY-INFORMATION",
		[18] = "INVALID-ID-INFORMATION",
		[19] = "INVALID-CERT-ENCODING",
		[20] = "INVALID-CERTIFICATE",
		[21] = "CERT-TYPE-UNSUPPORTED",
		[22] = "INVALID-CERT-AUTHORITY",
		[23] = "INVALID-HASH-INFORMATION",
		[24] = "AUTHENTICATION-FAILED",
		[25] = "INVALID-SIGNATURE",
		[26] = "ADDRESS-NOTIFICATION",
		[27] = "NOTIFY-SA-LIFETIME",
		[28] = "CERTIFICATE-UNAVAILABLE",
		[29] = "UNSUPPORTED-EXCHANGE-TYPE",
		[30] = "UNEQUAL-PAYLOAD-LENGTHS",
	};

	if (type == 24576)
		return "RESPONDER-LIFETIME"; /* RFC 2407 4.6.3 */
	if (type == 24578)
		return "INITIAL-CONTACT";
	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "";
}

int delete_read(struct delete *ret, struct reader body, struct ike_diag *diag)
{
	struct delete d = { .doi = read_u32(&body) };

	d.protocol = read_u8(&body);
	d.spi_size = read_u8(&body);
	d.n = read_u16(&body);
	d.spis = read_sub(&body, (size_t)d.spi_size * d.n);
	if (body.failed || body.left > 0 || d.n == 0 || d.spi_size == 0)
		return diag_fail(diag, -EBADMSG, CAUSE_DELETE_COUNT);
	*ret = d;
	return 0;
}

void delete_write(struct writer *w, struct chain *c, uint32_t doi, uint8_t protocol, uint8_t spi_size, const void *spis,
		  uint16_t n)
{
	chain_begin(c, w, PAYLOAD_DELETE);
	write_u32(w, doi);
	write_u8(w, protocol);
	write_u8(w, spi_size);
	write_u16(w, n);
	write_bytes(w, spis, (size_t)spi_size * n);
	chain_end(c, w);
}
