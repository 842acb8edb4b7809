# SPDX-License-Identifier: GPL-2.0-or-later
# gawk -v ROWS=FILE -v FILES=FILE -v SYSTEM=FILE -f tests/cites.awk SOURCE...: what comments and pages cite and the tree does not have.
# ROWS has the numbers of doc/requirements.md, one a line; FILES every path of the tree, SYSTEM
# the headers that it includes from the system.  Prints "file:line: what is wrong".

BEGIN {
	while ((getline line <ROWS) > 0) rows[line] = 1
	while ((getline line <SYSTEM) > 0) name[line] = 1
	while ((getline line <FILES) > 0) {
		path[line] = 1
		# A comment may leave out the first folders of a path.
		for (ending = line; ending != ""; ending = index(ending, "/") ? substr(ending, index(ending, "/") + 1) : "")
			name[ending] = 1
		while (sub(/\/[^\/]*$/, "", line)) {
			path[line] = 1
			folder[gensub(/.*\//, "", 1, line)] = 1
		}
	}
}

FNR == 1 {
	block = fence = 0
	kind = "hash"
	if (FILENAME ~ /\.([ch]|inc)$/) kind = "c"
	else if (FILENAME ~ /\.md$/) kind = "page"
	else if (FILENAME ~ /\.[0-9]$/) kind = "man"
}

{
	if (kind == "c") text = c_comment($0)
	else if (kind == "page") text = page_text($0)
	else if (kind == "hash") text = match($0, /(^|[ \t])#[^!]/) ? substr($0, RSTART + RLENGTH - 1) : ""
	else text = $0
	if (text != "") {
		check_rows(text)
		if (kind != "man") check_paths(text)
	}
}

function wrong(what) { print FILENAME ":" FNR ": " what }

# The part of a line of C that stands in comments
function c_comment(line,    out, end)
{
	out = ""
	while (line != "") {
		if (block) {
			end = index(line, "*/")
			if (!end) return out " " line
			out = out " " substr(line, 1, end - 1)
			line = substr(line, end + 2)
			block = 0
			continue
		}
		if (!match(line, /"([^"\\]|\\.)*"|'([^'\\]|\\.)+'|\/\*|\/\//)) break
		if (substr(line, RSTART, 2) == "//") return out " " substr(line, RSTART + 2)
		block = substr(line, RSTART, 2) == "/*"
		line = substr(line, RSTART + RLENGTH)
	}
	return out
}

# A page without its blocks of code
function page_text(line)
{
	if (line ~ /^```/) {
		fence = !fence
		return ""
	}
	return fence || line ~ /^(    |\t)/ ? "" : line
}

# "row D6", "rows A3, A7", "B1-B4", "(D3)".  C0 and C1 are sets of control characters, C17 is the language.
function check_rows(text,    all, n, i)
{
	n = patsplit(text, all, /\<[A-G][0-9]{1,2}\>/)
	for (i = 1; i <= n; ++i)
		if (!(all[i] in rows) && all[i] !~ /^C(0|1|17)$/) wrong("row " all[i] " is not in doc/requirements.md")
}

function check_paths(text,    all, n, i, p)
{
	n = patsplit(text, all, /[A-Za-z0-9_.*\/~-]+/)
	for (i = 1; i <= n; ++i) {
		p = gensub(/[.\/-]+$/, "", 1, all[i])
		if (p ~ /^(\/work|\/root|shared|seed|prototype)\//) wrong(p " is outside the tree")
		else if (p ~ /^(lib|ike|policy|xfrm|member|tests|doc|man|systemd|debian)\//) check_path(p)
		else if (p ~ /^[a-z][a-z0-9_\/-]*\.(c|h|inc|sh|md|mk)$/ && is_ours(p) && !(p in name)) wrong("there is no file " p)
		else if (p ~ /^\.\.\/.*\.(c|h|inc|sh|md|mk)$/ && !there(p)) wrong("there is no " p)
	}
}

# Not "linux/xfrm.h": a path begins with a folder of the tree.
function is_ours(p)
{
	return p !~ /\// || gensub(/\/.*/, "", 1, p) in folder
}

# Names in capitals stand for any: tests/scenarios/NAME.
function check_path(p)
{
	if (p !~ /\*|[A-Z]{2}/ && !there(p)) wrong("there is no " p)
}

function there(p,    base)
{
	base = FILENAME
	sub(/[^\/]*$/, "", base)
	p = p in path ? p : base p
	while (sub(/[^\/]+\/\.\.\//, "", p)) continue
	return p in path
}
