/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ike/gdoi_ids.h"

#include "lib/selector.h"

static bool length_fits(uint8_t type, size_t len)
{
	if (len == 0 || len == 3) /* RFC 6407 5.5.1: both say "any source" of a multicast group */
		return true;
	switch (type) {
	case IKE_ID_IPV4_ADDR:
		return len == 4;
	case GDOI_ID_IPV4_SUBNET:
	case GDOI_ID_IPV4_RANGE:
		return len == 8;
	case GDOI_ID_IPV6_ADDR:
		return len == 16;
	case GDOI_ID_IPV6_SUBNET:
	case GDOI_ID_IPV6_RANGE:
		return len == 32;
	default:
		return len < 256;
	}
}

static bool read_id(struct gdoi_id *ret, struct reader *r, bool length_2)
{
	size_t len;

	ret->type = read_u8(r);
	ret->port = read_u16(r);
	len = length_2 ? read_u16(r) : read_u8(r);
	ret->data = (struct chunk){ read_bytes(r, len), len };
	return !r->failed && length_fits(ret->type, len);
}

/* Reads one form; says whether everything up to the end of the payload agrees with it. */
static bool read_form(struct gdoi_ids *ret, struct reader *r, size_t fixed, bool length_2)
{
	struct attribute a;
	struct reader rest;
	int more;

	ret->protocol = read_u8(r);
	if (!read_id(&ret->src, r, length_2) || !read_id(&ret->dst, r, length_2))
		return false;
	rest = *r;
	(void)read_bytes(&rest, fixed);
	if (rest.failed)
		return false;
	while ((more = attribute_next(&rest, &a)) > 0)
		if (a.type == 0)
			return false;
	return more == 0;
}

int gdoi_ids_read(struct gdoi_ids *ret, const char *payload, struct reader *r, size_t fixed, struct ike_diag *diag)
{
	struct reader one = *r, two = *r;
	struct gdoi_ids with_one, with_two;
	bool one_fits = read_form(&with_one, &one, fixed, false), two_fits = read_form(&with_two, &two, fixed, true);

	if (one_fits == two_fits)
		return one_fits ? diag_fail(diag, -EBADMSG, CAUSE_IDS_AMBIGUOUS, payload)
				: diag_fail(diag, -EBADMSG, CAUSE_IDS_LENGTH, payload);
	*ret = one_fits ? with_one : with_two;
	*r = one_fits ? one : two;
	return 0;
}

void gdoi_id_write(struct writer *w, const struct ip_prefix *prefix, uint16_t port, bool id_length_2)
{
	bool host = prefix->len == 32;
	uint16_t len = host ? 4 : 8;

	write_u8(w, host ? IKE_ID_IPV4_ADDR : GDOI_ID_IPV4_SUBNET);
	write_u16(w, port);
	if (id_length_2)
		write_u16(w, len);
	else
		write_u8(w, (uint8_t)len);
	write_u32(w, prefix->addr);
	if (!host)
		write_u32(w, prefix_mask(prefix->len));
}

int gdoi_id_prefix(struct ip_prefix *ret, const struct gdoi_id *id, const char *side, struct ike_cause *cause)
{
	struct reader r = reader_of(id->data.data, id->data.len);
	uint32_t addr, second;
	int len = 32;

	if (id->data.len == 0 || id->data.len == 3)
		return cause_set(cause, -EPROTONOSUPPORT, CAUSE_SELECTOR_EMPTY, side);
	if (id->type != IKE_ID_IPV4_ADDR && id->type != GDOI_ID_IPV4_SUBNET && id->type != GDOI_ID_IPV4_RANGE)
		return cause_set(cause, -EPROTONOSUPPORT, CAUSE_SELECTOR_TYPE, side, id->type);
	addr = read_u32(&r);
	if (id->type == GDOI_ID_IPV4_SUBNET) {
		second = read_u32(&r);
		len = prefix_mask_len(second);
		if (len < 0)
			return cause_set(cause, -EPROTONOSUPPORT, CAUSE_SELECTOR_MASK, side, second);
	} else if (id->type == GDOI_ID_IPV4_RANGE) {
		second = read_u32(&r);
		len = prefix_mask_len(~(addr ^ second));
		if (len < 0 || (addr & ~prefix_mask((uint8_t)len)) != 0)
			return cause_set(cause, -EPROTONOSUPPORT, CAUSE_SELECTOR_RANGE, side, addr, second);
	}
	if (r.failed)
		return cause_set(cause, -EPROTONOSUPPORT, CAUSE_SELECTOR_LENGTH, side, id->data.len);
	if (len == 32 && addr == 0)
		return cause_set(cause, -EPROTONOSUPPORT, CAUSE_SELECTOR_HOST_0, side);
	*ret = (struct ip_prefix){ .addr = addr & prefix_mask((uint8_t)len), .len = (uint8_t)len };
	return 0;
}
