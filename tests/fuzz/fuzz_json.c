/* fuzz_json.c: libFuzzer's way into the JSON reader and the messages about places. */
#include "memory_file.h"

#include "format/json.h"

/* Goes through all values and asks each for what it may not be. */
static void visit(const cornu__json_place *place)
{
    int64_t integer;
    const char *text;
    size_t count;
    cornu__json_get_integer(place, 0, 10, &integer);
    cornu__json_get_string(place, &text);
    if (cornu__json_expect_array(place, &count) == CORNU_OK) {
        for (size_t i = 0; i < count; i++) {
            cornu__json_place item = cornu__json_item(place, i);
            visit(&item);
        }
    }
    const char *key;
    json_t *value;
    json_object_foreach(place->value, key, value)
    {
        cornu__json_place member = cornu__json_member(place, key);
        visit(&member);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    json_t *document = cornu__json_parse("fuzz.json", (const char *)bytes, size);
    cornu__json_place root = cornu__json_root("fuzz.json", document);
    visit(&root);
    json_decref(document);
    return 0;
}
