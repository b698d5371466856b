/* Lines numbered through over several inputs. */
#include "base/place.h"

#include "tap.h"

#include <string.h>

int main(void)
{
	/* Line numbers skip those that are blank; one input has no lines at all. */
	static const struct {
		const char *file;
		uint64_t line, number;
	} lines[] = {
		{"a", 1, 1},
		{"a", 2, 2},
		{"a", 5, 5},
		{"b", 1, 6},
		{"d", 3, 9},
		{"d", 4, 10},
	};
	struct place place;
	const char *file;

	place_init(&place, 4);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		TAP_OK(place_next(&place, lines[i].file, lines[i].line) == lines[i].number,
			"line %d of '%s' is number %d", (int)lines[i].line, lines[i].file,
			(int)lines[i].number);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		TAP_OK(place_line(&place, lines[i].number, &file) == lines[i].line &&
				strcmp(file, lines[i].file) == 0,
			"number %d is line %d of '%s'", (int)lines[i].number, (int)lines[i].line,
			lines[i].file);
	place_release(&place);
	place_release(&place);
	TAP_OK(place.inputs == NULL, "released twice");
	return tap_end();
}
