/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the device says, and is not to be overlooked. */
#include "tests/unit/support/import_damages_private.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

DAMAGE(groups)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("groups { G { security { ipsec-policy { from-zone A { to-zone B { ipsec-group-vpn X; } } } } } }\n"
	      "apply-groups G;\n",
	      out);
}

DAMAGE(wildcards)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("set security zones security-zone <*> interfaces <*>\n", out);
}

DAMAGE(unused_group)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("groups { G { interfaces { <*> { unit <*> { description \"a <b>\"; } } } } }\n", out);
}

DAMAGE(tag_protect)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("protect: system { protect: host-name a; }\n", out);
}

DAMAGE(tag_replace)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("replace: security { zones { security-zone Q; } }\n", out);
}

DAMAGE(inactive_elsewhere)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("inactive: snmp { community x; }\nsystem { inactive: services { telnet; } }\n", out);
}

DAMAGE(off_nothing)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("deactivate security group-vpn member ipsec vpn NONE fail-open\n", out);
}

DAMAGE(deleted)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("delete security zones\n", out);
}

/* What is left out anyway, and says nothing about traffic: read over. */
DAMAGE(backslashes)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("system { syslog { file messages { match \"!(.*sshd\\[[0-9]+\\]: .*)\"; } } }\n", out);
}

DAMAGE(long_statement)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("policy-options { prefix-list P { 10.0.0.0/8; } policy-statement S { term T { from { interface [", out);
	for (unsigned i = 0; i < 700; i++)
		fprintf(out, " ge-0/0/%u.0", i);
	fputs(" ]; } } } }\n", out);
}

DAMAGE(long_set_line)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("set policy-options community C members [", out);
	for (unsigned i = 0; i < 400; i++)
		fprintf(out, " 65000:%u", i);
	fputs(" ]\n", out);
}

DAMAGE(mail_address)
{
	UNUSED_RANDOM;
	fwrite(text, 1, len, out);
	fputs("snmp { contact \"Operations <user@example.net>\"; }\n", out);
}
