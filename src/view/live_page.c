/* live_page.c: the page put together from live_page.html, .css and .js, which the build makes into arrays. */
#include <stdio.h>
#include <string.h>

#include <nettle/base64.h>
#include <nettle/sha2.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/plain_locale.h"
#include "view/live_message.h"
#include "view/live_page.h"

extern const char cornu__file_live_page_html[], cornu__file_live_page_css[], cornu__file_live_page_js[];

/* 'sha256-...': what a content security policy calls the text of an element. */
static void add_hash(cornu__text *to, const char *text)
{
    struct sha256_ctx hash;
    uint8_t digest[SHA256_DIGEST_SIZE];
    char encoded[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1] = {0};
    sha256_init(&hash);
    sha256_update(&hash, strlen(text), (const uint8_t *)text);
    sha256_digest(&hash, sizeof digest, digest);
    base64_encode_raw(encoded, sizeof digest, digest);
    cornu__text_add(to, "'sha256-%s'", encoded);
}

/* Nothing is loaded but what the server of the page itself says. */
static void add_policy(cornu__text *to)
{
    cornu__text_add(to, "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
                        "style-src ");
    add_hash(to, cornu__file_live_page_css);
    cornu__text_add(to, "; script-src ");
    add_hash(to, cornu__file_live_page_js);
}

static void add_part(cornu__text *to, const char *name, size_t length, const char *message)
{
    if (strncmp(name, "policy", length) == 0)
        add_policy(to);
    else if (strncmp(name, "style", length) == 0)
        cornu__text_add_bytes(to, cornu__file_live_page_css, strlen(cornu__file_live_page_css));
    else if (strncmp(name, "script", length) == 0)
        cornu__text_add_bytes(to, cornu__file_live_page_js, strlen(cornu__file_live_page_js));
    else if (strncmp(name, "message", length) == 0)
        cornu__text_add_bytes(to, message, strlen(message));
}

char *cornu__live_page(const char *message)
{
    cornu__text page = {0};
    const char *rest = cornu__file_live_page_html;
    for (const char *open = strstr(rest, "{{"); open; open = strstr(rest, "{{")) {
        const char *name = open + 2, *close = strstr(name, "}}");
        cornu__text_add_bytes(&page, rest, (size_t)(open - rest));
        add_part(&page, name, (size_t)(close - name), message ? message : "null");
        rest = close + 2;
    }
    cornu__text_add_bytes(&page, rest, strlen(rest));
    return cornu__text_take(&page);
}

cornu_status cornu__live_page_check_name(const char *path)
{
    if (cornu__text_has_ending(path, ".html") || cornu__text_has_ending(path, ".htm"))
        return CORNU_OK;
    return cornu__fail(CORNU_ERROR_INVALID_ARGUMENT,
                       "the page \"%s\" must end in .html; curves as .png, .svg or .pdf are drawn from the history",
                       path);
}

static cornu_status write_page(const char *page, const char *path)
{
    cornu__new_file file;
    CORNU_TRY(cornu__file_begin(&file, path));
    fputs(page, file.stream);
    return cornu__file_commit(&file);
}

cornu_status cornu__live_page_save(const cornu__live_record *record, const char *path)
{
    cornu__plain_locale locale = cornu__plain_locale_begin();
    cornu__live_cursor nothing = {0};
    cornu__text message = {0};
    cornu__live_message(&message, record, &nothing);
    cornu__plain_locale_end(locale);
    char *text = cornu__text_take(&message), *page = text ? cornu__live_page(text) : NULL;
    cornu_status status = page ? write_page(page, path) : cornu_error_status();
    cornu__free(text);
    cornu__free(page);
    return status;
}
