# Takes the examples out of a manual. Each becomes a folder, with a file for each thing that is
# known of it: `script`, the commands; `shown`, what they print as the manual has it; and one for
# each directive. Prints the folders. HACKING.md describes how an example is written.
# usage: awk -v page=NAME -v to=FOLDER -f examples.awk PAGE

function plain(text)
{
	gsub(/\\-/, "-", text)
	gsub(/\\\(aq/, "'", text)
	gsub(/\\\(ti/, "~", text)
	gsub(/\\\(ha/, "^", text)
	gsub(/\\&/, "", text)
	gsub(/\\e/, "\\", text)
	return text
}

/^\.\\" EXAMPLE / {
	folder = sprintf("%s/%s.%s", to, page, $3)
	system("mkdir -p " folder)
	printf "" >(folder "/shown")
	print folder
	marked = 1
	next
}

marked && /^\.\\" [a-z]+: / {
	file = folder "/" substr($2, 1, length($2) - 1)
	sub(/^\.\\" [a-z]+: /, "")
	print >file
	next
}

/^\.Bd -literal/ {
	if (!marked)
		print page ": line " NR ": a display that is no example" >"/dev/stderr"
	inside = marked
	marked = 0
	next
}

/^\.Ed/ {
	inside = 0
}

inside && /^\$ / {
	print plain(substr($0, 3)) >(folder "/script")
	next
}

inside {
	print plain($0) >(folder "/shown")
}
