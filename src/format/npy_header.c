/* npy_header.c: the dictionary in front of numpy's arrays. It is Python's syntax, of which exactly what numpy writes is
 * taken. */
#include <string.h>

#include "format/npy.h"

typedef struct parser {
    const char *name;
    const char *at, *end;
} parser;

static cornu_status malformed(const parser *p, const char *wanted)
{
    int shown = p->end - p->at < 20 ? (int)(p->end - p->at) : 20;
    cornu__text rest = {0};
    for (int i = 0; i < shown; i++) {
        char c = p->at[i];
        cornu__text_add(&rest, c >= ' ' && c <= '~' ? "%c" : "\\x%02x", (unsigned char)c);
    }
    cornu__fail(CORNU_ERROR_FORMAT, "'%s' has a malformed .npy header: wanted %s, got %s%s%s", p->name, wanted,
                shown > 0 ? "`" : "its end", rest.data ? rest.data : "", shown > 0 ? "`" : "");
    cornu__text_free(&rest);
    return CORNU_ERROR_FORMAT;
}

static void skip_blanks(parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r'))
        p->at++;
}

/* Takes `text` if it comes next, after blanks. */
static bool take(parser *p, const char *text)
{
    skip_blanks(p);
    size_t length = strlen(text);
    if ((size_t)(p->end - p->at) < length || memcmp(p->at, text, length) != 0)
        return false;
    p->at += length;
    return true;
}

/* A quoted string without escapes, into `out`. */
static cornu_status parse_string(parser *p, const char *what, char *out, size_t size)
{
    skip_blanks(p);
    if (p->at >= p->end || (*p->at != '\'' && *p->at != '"'))
        return malformed(p, what);
    const char *first = p->at + 1;
    const char *close = memchr(first, *p->at, (size_t)(p->end - first));
    if (!close || (size_t)(close - first) >= size || memchr(first, '\\', (size_t)(close - first)))
        return malformed(p, what);
    memcpy(out, first, (size_t)(close - first));
    out[close - first] = '\0';
    p->at = close + 1;
    return CORNU_OK;
}

static cornu_status parse_boolean(parser *p, bool *out)
{
    if (take(p, "True"))
        *out = true;
    else if (take(p, "False"))
        *out = false;
    else
        return malformed(p, "True or False as 'fortran_order'");
    return CORNU_OK;
}

static cornu_status parse_size(parser *p, int64_t *out)
{
    const char *first = p->at;
    *out = 0;
    for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++) {
        if (__builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, *p->at - '0', out)) {
            p->at = first;
            return malformed(p, "a size of at most 9223372036854775807 in 'shape'");
        }
    }
    if (p->at == first)
        return malformed(p, "a size in 'shape'");
    if (p->at < p->end && *p->at == 'L') /* Python 2 wrote its long integers so */
        p->at++;
    return CORNU_OK;
}

static cornu_status parse_shape(parser *p, cornu__npy_header *header)
{
    if (!take(p, "("))
        return malformed(p, "a tuple as 'shape'");
    bool comma = true;
    header->rank = 0;
    while (!take(p, ")")) {
        if (!comma)
            return malformed(p, "a comma between the sizes of 'shape'");
        if (header->rank == CORNU_MAX_RANK)
            return cornu__fail(CORNU_ERROR_UNSUPPORTED, "'%s' has an array of more than %d axes", p->name,
                               CORNU_MAX_RANK);
        CORNU_TRY(parse_size(p, &header->shape[header->rank++]));
        comma = take(p, ",");
    }
    if (header->rank == 1 && !comma)
        return malformed(p, "a comma behind the only size of 'shape'");
    return CORNU_OK;
}

/* Why a type that numpy knows is not read: by the kind letter of its description. */
static const char *refused_kind(char kind)
{
    switch (kind) {
    case 'O':
        return "Python objects, which only Python can read (and which may run code)";
    case 'U':
    case 'S':
    case 'a':
        return "texts";
    case 'V':
        return "raw records";
    case 'M':
    case 'm':
        return "dates or times";
    case 'c':
        return "complex numbers";
    default:
        return "elements of a type that is not known";
    }
}

static cornu_status dtype_from_description(const char *name, const char *text, cornu__npy_header *header)
{
    static const struct {
        char kind[3];
        cornu_dtype dtype;
    } types[] = {{"f4", CORNU_FLOAT32}, {"f8", CORNU_FLOAT64}, {"f2", CORNU_FLOAT16}, {"i1", CORNU_INT8},
                 {"i2", CORNU_INT16},   {"i4", CORNU_INT32},   {"i8", CORNU_INT64},   {"u1", CORNU_UINT8},
                 {"u2", CORNU_UINT16},  {"u4", CORNU_UINT32},  {"u8", CORNU_UINT64},  {"b1", CORNU_BOOL}};
    const char *kind = text;
    char order = '=';
    if (kind[0] != '\0' && strchr("<>|=", kind[0]))
        order = *kind++;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(kind, types[i].kind) != 0)
            continue;
        header->dtype = types[i].dtype;
        bool other_order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? order == '>' : order == '<';
        header->swapped = other_order && cornu_dtype_size(header->dtype) > 1;
        return CORNU_OK;
    }
    return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                       "'%s' holds %s (dtype '%s'); wanted numbers: float16 to float64, integers or bool", name,
                       refused_kind(kind[0]), text);
}

static cornu_status parse_description(parser *p, cornu__npy_header *header)
{
    skip_blanks(p);
    if (p->at < p->end && (*p->at == '[' || *p->at == '(' || *p->at == '{'))
        return cornu__fail(CORNU_ERROR_UNSUPPORTED,
                           "'%s' holds records with fields (a structured dtype); wanted numbers: float16 "
                           "to float64, integers or bool",
                           p->name);
    char text[32];
    CORNU_TRY(parse_string(p, "a string as 'descr'", text, sizeof text));
    return dtype_from_description(p->name, text, header);
}

cornu_status cornu__npy_parse_header(const char *name, const char *text, size_t length, cornu__npy_header *header)
{
    static const char *const keys[] = {"descr", "fortran_order", "shape"};
    bool seen[3] = {false};
    parser p = {.name = name, .at = text, .end = text + length};
    *header = (cornu__npy_header){0};
    if (!take(&p, "{"))
        return malformed(&p, "`{`");
    bool comma = true;
    while (!take(&p, "}")) {
        if (!comma)
            return malformed(&p, "a comma or `}`");
        const char *start = p.at;
        char key[32];
        CORNU_TRY(parse_string(&p, "a key", key, sizeof key));
        int which = 0;
        while (which < 3 && strcmp(key, keys[which]) != 0)
            which++;
        if (which == 3 || seen[which]) {
            p.at = start;
            return malformed(&p, "the keys 'descr', 'fortran_order' and 'shape', each once");
        }
        seen[which] = true;
        if (!take(&p, ":"))
            return malformed(&p, "a colon");
        CORNU_TRY(which == 0   ? parse_description(&p, header)
                  : which == 1 ? parse_boolean(&p, &header->fortran_order)
                               : parse_shape(&p, header));
        comma = take(&p, ",");
    }
    for (int which = 0; which < 3; which++) {
        if (!seen[which])
            return cornu__fail(CORNU_ERROR_FORMAT, "'%s' has a malformed .npy header: '%s' is missing", name,
                               keys[which]);
    }
    skip_blanks(&p);
    return p.at == p.end ? CORNU_OK : malformed(&p, "nothing behind the dictionary");
}
