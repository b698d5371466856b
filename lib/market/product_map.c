#include "market/product_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/line.h"
#include "base/mem.h"
#include "json/json.h"
#include "market/trade.h"

struct entry {
	struct span from; /* both point into the map's names */
	struct span to;
	size_t place; /* in the file: of equal names the last counts */
};

struct product_map {
	struct buf names;
	struct entry *entries; /* in the order of `from` */
	size_t n;
	struct entry *recent; /* found last: trades of one product come in runs */
};

static int compare(struct span a, struct span b)
{
	size_t common = a.n < b.n ? a.n : b.n;
	int order = common ? memcmp(a.p, b.p, common) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int by_name(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int order = compare(left->from, right->from);

	return order ? order : (left->place > right->place) - (left->place < right->place);
}

/* Unescaping never makes a string longer, so that the room made for all names suffices. */
static struct span add_name(struct product_map *map, const struct json_value *name)
{
	struct buf text;
	struct span from;
	char *to;

	buf_init(&text, name->raw.n);
	from = json_text(name, &text);
	to = buf_room(&map->names, from.n);
	memcpy(to, from.p, from.n);
	buf_added(&map->names, from.n);
	buf_release(&text);
	return span_make(to, from.n);
}

static const char *add_entry(
	struct product_map *map, const struct json_value *from, const struct json_value *to)
{
	struct entry *entry = &map->entries[map->n];

	if (to->type != JSON_STRING)
		return "a name that is not a string";
	*entry = (struct entry){add_name(map, from), add_name(map, to), map->n};
	if (entry->from.n == 0 || entry->to.n == 0)
		return "an empty name";
	if (entry->from.n > TRADE_NAME_MAX || entry->to.n > TRADE_NAME_MAX)
		return "a name of more than 256 bytes";
	map->n++;
	return NULL;
}

static size_t count_members(struct span object)
{
	struct json_walk walk = json_walk_members(object);
	struct json_value name, value;
	size_t n = 0;

	while (json_walk_member(&walk, &name, &value))
		n++;
	return n;
}

static const char *read_object(struct product_map *map, struct span object)
{
	struct json_walk walk = json_walk_members(object);
	struct json_value name, value;
	const char *reason = NULL;

	buf_init(&map->names, object.n);
	buf_room(&map->names, object.n);
	map->entries = mem_alloc(count_members(object) + 1, sizeof *map->entries);
	while (!reason && json_walk_member(&walk, &name, &value))
		reason = add_entry(map, &name, &value);
	qsort(map->entries, map->n, sizeof *map->entries, by_name);
	return reason;
}

static const char *read_text(struct product_map *map, struct span text)
{
	struct json_value value;
	struct json_fault fault;

	if (json_scan(text, &value, &fault) < 0)
		return fault.reason;
	if (value.type != JSON_OBJECT)
		return "not a JSON object";
	return read_object(map, value.raw);
}

struct product_map *product_map_open(const char *path, struct err *err)
{
	struct product_map *map = mem_alloc(1, sizeof *map);
	const char *reason;
	struct buf text;

	buf_init(&text, LINE_CEILING);
	if (file_read(path, &text, err) < 0) {
		buf_release(&text);
		product_map_close(map);
		return NULL;
	}
	reason = read_text(map, buf_span(&text));
	buf_release(&text);
	if (!reason)
		return map;
	err_set(err, EXIT_USAGE, "cannot read product map '%s': %s", path, reason);
	product_map_close(map);
	return NULL;
}

void product_map_close(struct product_map *map)
{
	if (!map)
		return;
	buf_release(&map->names);
	free(map->entries);
	free(map);
}

/* The last of the entries that are not behind the name. */
static struct entry *find(struct product_map *map, struct span name)
{
	size_t low = 0, high = map->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(map->entries[middle].from, name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? &map->entries[low - 1] : NULL;
}

struct span product_map_name(struct product_map *map, struct span product)
{
	if (!map->recent || !span_is(map->recent->from, product))
		map->recent = find(map, product);
	if (map->recent && span_is(map->recent->from, product))
		return map->recent->to;
	return product;
}
