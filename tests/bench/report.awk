# SPDX-License-Identifier: GPL-2.0-or-later
#
# The report of "make bench": reads the file cases, then for each kernel what its machine left in BENCH/KERNEL, and writes
# BENCH/results.jsonl, report.txt and report.html.  Variables: bench, kernels, rounds, made.

function fail(reason)
{
	printf "report: %s\n", reason >"/dev/stderr"
	failed = 1
	exit 1
}

# The median of what values holds for key, which is sorted by it; sets SPREAD, greatest less least over the median
function median(values, key,	list, n)
{
	n = split(values[key], list, " ")
	if (!n)
		fail("nothing was measured of " key)
	n = asort(list, list, "@val_num_asc")
	MEDIAN = n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
	SPREAD = (list[n] - list[1]) / MEDIAN
	return MEDIAN
}

function text(s) { gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); return s }

# A number as a reader wants it: four digits that count, or all before the point
function shown(v) { return v >= 1000 || v == int(v) ? sprintf("%.0f", v) : sprintf("%.4g", v) }

function result(bench_name, value, unit, against, ratio, more)
{
	printf "{\"bench\":\"%s\",\"value\":%s,\"unit\":\"%s\",\"against\":\"%s\",\"ratio\":%s%s}\n", bench_name, value, unit, against,
		ratio == "" ? "null" : sprintf("%.4f", ratio), more >jsonl
}

# --- what was measured ---

function read_kernel(kernel,	file, line, f, n, side, load)
{
	file = bench "/" kernel "/counted"
	while ((getline line <file) > 0) {
		split(line, f, " ")
		n++
		TIMES[kernel, f[1], f[2]] = TIMES[kernel, f[1], f[2]] " " f[4]
		COUNTS[kernel, f[1], f[2]] = COUNTS[kernel, f[1], f[2]] " " f[5] / UNITS[f[2]]
	}
	close(file)
	if (!n)
		fail(file " has no figures")
	file = bench "/" kernel "/state"
	while ((getline line <file) > 0) {
		split(line, f, " ")
		STATE[kernel, f[1], f[2], f[3]] = f[4]
		if (!(f[3] in STATE_SEEN)) {
			STATE_SEEN[f[3]] = 1
			STATE_NAMES[++STATE_N] = f[3]
		}
	}
	close(file)
	for (side in SIDES) {
		for (load in KIND)
			if ((kernel, side, load) in TIMES)
				agree(kernel, side, load)
	}
}

# The clock and the counter are two ways to one figure: a nanosecond is an instruction, and TCP alone waits sometimes.
function agree(kernel, side, load,	ns, counted)
{
	ns = median(TIMES, kernel SUBSEP side SUBSEP load)
	counted = median(COUNTS, kernel SUBSEP side SUBSEP load)
	if (counted > ns * 1.02 || (KIND[load] == "udp" && counted < ns * 0.98))
		fail(sprintf("Linux %s, %s, %s: the clock says %.0f instructions, the counter %.0f", kernel, side, load, ns, counted))
}

# What a second of the machine carries, of 1e9 instructions: packets, or MB of TCP
function rate(load, ns) { return KIND[load] == "tcp" ? 1e9 / ns / 1000 : 1e9 / ns }
function unit(load) { return KIND[load] == "tcp" ? "MB/s" : "packets/s" }
function instructions_unit(load) { return KIND[load] == "tcp" ? "instructions/1000 octets" : "instructions/packet" }

function verdict(bound, ratio)
{
	if (bound == "-")
		return ""
	if (bound == "noise")
		return sprintf("noise %.2f %%", 100 * (ratio > 1 ? ratio - 1 : 1 - ratio))
	return ratio + 0 >= bound + 0 ? sprintf("%s reached", bound) : sprintf("%s NOT reached", bound)
}

function compare(kernel, row,	f, side, against, load, bound, a, b, spread, ratio, more, key)
{
	split(row, f, " ")
	side = f[1]; against = f[2]; load = f[3]; bound = f[4]
	if (!(side in SIDES) || !(against in SIDES) || !(load in KIND))
		fail("cases: \"row " row "\" names what there is not")
	b = median(TIMES, kernel SUBSEP against SUBSEP load)
	spread = SPREAD
	a = median(TIMES, kernel SUBSEP side SUBSEP load)
	spread = SPREAD > spread ? SPREAD : spread
	ratio = b / a
	more = sprintf(",\"against_value\":%.6g,\"kernel\":\"%s\",\"rounds\":%d,\"spread\":%.4f", rate(load, b), kernel, rounds, spread)
	if (bound ~ /^[0-9]/)
		more = more sprintf(",\"bound\":%s,\"reached\":%s", bound, ratio >= bound + 0 ? "true" : "false")
	result(kernel " " load " " side, sprintf("%.6g", rate(load, a)), unit(load), against, ratio, more)
	key = ++ROWS
	R_KERNEL[key] = kernel; R_LOAD[key] = load; R_SIDE[key] = side; R_AGAINST[key] = against; R_RATIO[key] = ratio
	R_BOUND[key] = bound; R_SPREAD[key] = spread; R_A[key] = rate(load, a); R_B[key] = rate(load, b)
	R_IB[key] = median(COUNTS, kernel SUBSEP against SUBSEP load)
	R_IA[key] = median(COUNTS, kernel SUBSEP side SUBSEP load)
	result(kernel " " load " " side " instructions", sprintf("%.1f", R_IA[key]), instructions_unit(load), against, R_IA[key] / R_IB[key],
		sprintf(",\"against_value\":%.1f,\"kernel\":\"%s\",\"rounds\":%d", R_IB[key], kernel, rounds))
}

# --- state ---

function states(kernel, line,	f, n, i, k, first, name, value, same, key, more)
{
	n = split(line, f, " ")
	for (k = 1; k <= STATE_N; k++) {
		name = STATE_NAMES[k]
		key = ++STATES
		S_KERNEL[key] = kernel; S_SIDE[key] = f[1]; S_NAME[key] = name
		first = STATE[kernel, f[1], f[3], name]
		same = 1
		for (i = 3; i <= n; i++) {
			value = STATE[kernel, f[1], f[i], name]
			if (value == "")
				fail("Linux " kernel ", " f[1] ": " name " was not counted with " f[i] " pairs")
			same = same && value == first
			S_VALUES[key] = S_VALUES[key] (i > 3 ? ", " : "") value
			S_PAIRS[key] = S_PAIRS[key] (i > 3 ? ", " : "") f[i]
			more = sprintf(",\"kernel\":\"%s\"", kernel)
			if (f[2] == "constant")
				more = more sprintf(",\"bound\":\"constant\",\"reached\":%s", value == first ? "true" : "false")
			if (i > 3)
				result(kernel " state " f[1] " " name " " f[i] " pairs", value, "count", f[3] " pairs",
					first + 0 ? value / first : value == first ? 1 : "", more)
		}
		S_VERDICT[key] = f[2] == "constant" ? (same ? "constant" : "NOT constant") : same ? "the same" : "grows"
	}
}

# --- symbols ---

# by_symbol: what differs by SYMBOL_LEAST instructions a unit or more, the most first
function by_symbol(kernel, line,	f, i, file, g, names, a, b, ca, cb, d, order, n, name)
{
	split(line, f, " ")
	for (i = 1; i <= 2; i++) {
		file = bench "/" kernel "/by-symbol-" f[3] "-" f[i]
		n = 0
		while ((getline line <file) > 0) {
			split(line, g, " ")
			names[g[3]] = 1
			n++
			if (i == 1) { a[g[3]] = g[1]; ca[g[3]] = g[2] } else { b[g[3]] = g[1]; cb[g[3]] = g[2] }
		}
		close(file)
		if (!n)
			fail(file " has no symbols")
	}
	for (name in names) {
		d = a[name] - b[name]
		if (d >= SYMBOL_LEAST || d <= -SYMBOL_LEAST)
			order[name] = d < 0 ? -d : d
	}
	n = asorti(order, order, "@val_num_desc")
	SYMBOLS++
	Y_TITLE[SYMBOLS] = "Linux " kernel ", " f[3] ": " f[1] " against " f[2]
	Y_UNIT[SYMBOLS] = instructions_unit(f[3])
	Y_N[SYMBOLS] = n
	for (i = 1; i <= n; i++) {
		name = order[i]
		Y[SYMBOLS, i, "name"] = name
		Y[SYMBOLS, i, "a"] = a[name] + 0; Y[SYMBOLS, i, "b"] = b[name] + 0
		Y[SYMBOLS, i, "ca"] = ca[name] + 0; Y[SYMBOLS, i, "cb"] = cb[name] + 0
		result(kernel " " f[3] " " f[1] " symbol " name, sprintf("%.1f", a[name]), Y_UNIT[SYMBOLS], f[2],
			b[name] + 0 ? a[name] / b[name] : "",
			sprintf(",\"against_value\":%.1f,\"kernel\":\"%s\",\"calls\":%.2f", b[name], kernel, ca[name]))
	}
}

# --- the table on the terminal ---

function write_text(	i, k)
{
	printf "gvpnd's datapath beside a plain tunnel: %s\n%s\n\n", made, METHOD >txt
	printf "%-6s %-9s %-12s %-12s %10s %10s %-9s %6s %7s  %-18s %s\n", "Linux", "load", "side", "against", "side", "against", "", "ratio",
		"spread", "bound", "instructions, against -> side" >txt
	for (i = 1; i <= ROWS; i++) {
		printf "%-6s %-9s %-12s %-12s %10s %10s %-9s %6.3f %6.2f%%  %-18s %s -> %s (%+.0f)\n", R_KERNEL[i], R_LOAD[i], R_SIDE[i],
			R_AGAINST[i], shown(R_A[i]), shown(R_B[i]), unit(R_LOAD[i]), R_RATIO[i], 100 * R_SPREAD[i], verdict(R_BOUND[i], R_RATIO[i]),
			shown(R_IB[i]), shown(R_IA[i]), R_IA[i] - R_IB[i] >txt
	}
	if (STATES)
		printf "\nwhat both members' kernels hold after so many pairs of hosts have talked\n" >txt
	for (i = 1; i <= STATES; i++) {
		printf "%-6s %-10s %-20s %-18s pairs: %-24s %s\n", S_KERNEL[i], S_SIDE[i], S_NAME[i], S_PAIRS[i], S_VALUES[i], S_VERDICT[i] >txt
	}
	for (i = 1; i <= SYMBOLS; i++) {
		printf "\n%s, where the difference goes (%s; calls)\n", Y_TITLE[i], Y_UNIT[i] >txt
		for (k = 1; k <= Y_N[i] && k <= 15; k++)
			printf "%+10.0f  %-40s %8.0f -> %8.0f  (%.2f -> %.2f)\n", Y[i, k, "a"] - Y[i, k, "b"], Y[i, k, "name"], Y[i, k, "b"],
				Y[i, k, "a"], Y[i, k, "cb"], Y[i, k, "ca"] >txt
	}
	close(txt)
}

# --- the page ---

function cell(s, class) { printf "<td%s>%s</td>", class == "" ? "" : " class=\"" class "\"", text(s) >html }
function head(list,	n, f, i)
{
	n = split(list, f, "|")
	printf "<table><thead><tr>" >html
	for (i = 1; i <= n; i++)
		printf "<th>%s</th>", text(f[i]) >html
	print "</tr></thead><tbody>" >html
}

# A bar for each ratio, with a line at 1 and a mark at the bound; one that is far longer than the others is cut, and its figure says so
function chart(	i, y, w, long, class, height)
{
	w = 560 / 1.25
	height = ROWS * 22 + 40
	printf "<svg role=\"img\" viewBox=\"0 0 960 %d\" xmlns=\"http://www.w3.org/2000/svg\"><title>Ratios</title>\n", height >html
	for (i = 1; i <= ROWS; i++) {
		y = i * 22
		class = R_BOUND[i] ~ /^[0-9]/ ? (R_RATIO[i] >= R_BOUND[i] + 0 ? "good" : "bad") : "plain"
		printf "<text x=\"290\" y=\"%d\" text-anchor=\"end\">%s</text>", y + 13, text(R_KERNEL[i] " " R_LOAD[i] " " R_SIDE[i] " / " R_AGAINST[i]) >html
		long = R_RATIO[i] > 1.25
		printf "<rect class=\"%s\" x=\"300\" y=\"%d\" width=\"%.1f\" height=\"16\"/>", class, y, (long ? 1.25 : R_RATIO[i]) * w >html
		printf "<text x=\"%.1f\" y=\"%d\">%.3f%s</text>", 306 + (long ? 1.25 : R_RATIO[i]) * w, y + 13, R_RATIO[i],
			long ? " (cut)" : "" >html
		if (R_BOUND[i] ~ /^[0-9]/)
			printf "<line class=\"bound\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>", 300 + R_BOUND[i] * w, 300 + R_BOUND[i] * w, y - 2, y + 18 >html
		print "" >html
	}
	printf "<line class=\"one\" x1=\"%.1f\" x2=\"%.1f\" y1=\"16\" y2=\"%d\"/></svg>\n", 300 + w, 300 + w, height - 16 >html
}

function write_html(	i, k, v)
{
	print "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>gvpnd: make bench</title><style>" >html
	print "body{font:15px/1.45 system-ui,sans-serif;max-width:75em;margin:2em auto;padding:0 1em;color:#222;background:#fff}" >html
	print "table{border-collapse:collapse;margin:1em 0}th,td{padding:.2em .7em;border-bottom:1px solid #ddd;text-align:left}" >html
	print "td.n{text-align:right;font-variant-numeric:tabular-nums}td.bad{color:#b00020;font-weight:bold}td.good{color:#1b6e2c}" >html
	print "svg{width:100%;font:13px system-ui,sans-serif}rect.good{fill:#4a9d5b}rect.bad{fill:#c8505a}rect.plain{fill:#8fa3b8}" >html
	print "line.bound{stroke:#222;stroke-width:2}line.one{stroke:#222;stroke-dasharray:3 3}</style></head><body>" >html
	printf "<h1>gvpnd’s datapath beside a plain tunnel</h1><p>%s</p><p>%s</p>\n", text(made), text(METHOD) >html
	print "<h2>Ratios</h2><p>Dashed: as fast as what it is held against. Short black line: the bound.</p>" >html
	chart()
	print "<h2>Figures</h2>" >html
	head("Linux|load|side|against|side|against||ratio|spread|bound|instructions, side|against|more")
	for (i = 1; i <= ROWS; i++) {
		printf "<tr>" >html
		cell(R_KERNEL[i]); cell(R_LOAD[i]); cell(R_SIDE[i]); cell(R_AGAINST[i]); cell(shown(R_A[i]), "n"); cell(shown(R_B[i]), "n")
		cell(unit(R_LOAD[i])); cell(sprintf("%.3f", R_RATIO[i]), "n"); cell(sprintf("%.2f %%", 100 * R_SPREAD[i]), "n")
		v = verdict(R_BOUND[i], R_RATIO[i])
		cell(v, v ~ /NOT/ ? "bad" : v ~ /reached/ ? "good" : "")
		cell(shown(R_IA[i]), "n"); cell(shown(R_IB[i]), "n"); cell(sprintf("%+.0f", R_IA[i] - R_IB[i]), "n")
		print "</tr>" >html
	}
	print "</tbody></table><p>Instructions: of a packet; of 1000 octets for TCP. Spread: the greatest less the least of the rounds, over the median.</p>" >html
	if (STATES) {
		print "<h2>State</h2><p>What both members’ kernels hold after so many pairs of hosts have talked.</p>" >html
		head("Linux|side|what|pairs|count|")
		for (i = 1; i <= STATES; i++) {
			printf "<tr>" >html
			cell(S_KERNEL[i]); cell(S_SIDE[i]); cell(S_NAME[i]); cell(S_PAIRS[i], "n"); cell(S_VALUES[i], "n")
			cell(S_VERDICT[i], S_VERDICT[i] ~ /NOT/ ? "bad" : "good")
			print "</tr>" >html
		}
		print "</tbody></table>" >html
	}
	for (i = 1; i <= SYMBOLS; i++) {
		printf "<h2>%s</h2><p>%s, and calls, by function of the kernel; what differs by %d or more.</p>\n", text(Y_TITLE[i]), text(Y_UNIT[i]),
			SYMBOL_LEAST >html
		head("function|more|side|against|calls, side|against")
		for (k = 1; k <= Y_N[i]; k++) {
			printf "<tr>" >html
			cell(Y[i, k, "name"]); cell(sprintf("%+.0f", Y[i, k, "a"] - Y[i, k, "b"]), "n"); cell(sprintf("%.0f", Y[i, k, "a"]), "n")
			cell(sprintf("%.0f", Y[i, k, "b"]), "n"); cell(sprintf("%.2f", Y[i, k, "ca"]), "n"); cell(sprintf("%.2f", Y[i, k, "cb"]), "n")
			print "</tr>" >html
		}
		print "</tbody></table>" >html
	}
	print "</body></html>" >html
	close(html)
}

BEGIN {
	SYMBOL_LEAST = 20
}

/^[[:space:]]*(#|$)/ { next }
$1 == "side" { SIDES[$2] = 1 }
$1 == "load" { KIND[$2] = $3; UNITS[$2] = $3 == "tcp" ? $4 / 1000 : $5 }
$1 == "row" { ROW[++N_ROW] = $2 " " $3 " " $4 " " $5 }
$1 == "symbols" { SYMBOL_ROW[++N_SYMBOL] = $2 " " $3 " " $4 }
$1 == "state" { $1 = ""; STATE_ROW[++N_STATE] = substr($0, 2) }

END {
	if (failed)
		exit 1
	jsonl = bench "/results.jsonl"; txt = bench "/report.txt"; html = bench "/report.html"
	METHOD = "Host, member, router, member, host in network namespaces of one emulated machine with one processor, AES and SHA-256 by the " \
		"processor’s own instructions. The machine’s clock runs one nanosecond an instruction, so a second is 1,000,000,000 instructions; " \
		"figures are medians of " rounds " rounds."
	n = split(kernels, K, " ")
	for (k = 1; k <= n; k++)
		read_kernel(K[k])
	for (k = 1; k <= n; k++) {
		for (i = 1; i <= N_ROW; i++)
			compare(K[k], ROW[i])
		for (i = 1; i <= N_STATE; i++)
			states(K[k], STATE_ROW[i])
		for (i = 1; i <= N_SYMBOL; i++)
			by_symbol(K[k], SYMBOL_ROW[i])
	}
	close(jsonl)
	write_text()
	write_html()
}
