/* Texts for the window: of the operator's key, of troubles, of anything that is to be one line. */
#include "desktop/worker/worker-private.h"

#include <string.h>

#include "base/text.h"
#include "desktop/worker/news.h"

static char *take_text(struct buffer *buffer)
{
    const char *bytes = buffer_length(buffer) ? (const char *)buffer_bytes(buffer) : "";
    char *text = g_strndup(bytes, buffer_length(buffer));

    buffer_deinit(buffer);
    return text;
}

char *printable_line(const char *text)
{
    struct buffer out = BUFFER_INIT;

    if (text && text_append_printable_line(&out, text, strlen(text)) != 0)
        g_error("out of memory");
    return take_text(&out);
}

void trouble_texts(const struct trouble *trouble, const struct signer *signer, char **sentence_out,
                   char **advice_out)
{
    struct buffer sentence = BUFFER_INIT;
    struct buffer advice = BUFFER_INIT;
    struct trouble shown = *trouble;

    trouble_shorten(&shown);
    shown.has_pinned = shown.has_seen = false; /* in the advice */
    if (trouble_describe(&shown, &sentence) != 0 || trouble_advise(trouble, signer, &advice) != 0)
        g_error("out of memory");
    *sentence_out = take_text(&sentence);
    *advice_out = take_text(&advice);
}

void key_news_free(struct key_news *news)
{
    g_free(news->fault);
    g_free(news->fingerprint);
    g_free(news->origin);
    g_free(news);
}

static void drop_key(struct letter *letter)
{
    key_news_free((struct key_news *)letter);
}

static struct key_news *key_news_new(void)
{
    struct key_news *news = g_new0(struct key_news, 1);

    news->letter.read = hune_fleet_read_key;
    news->letter.drop = drop_key;
    return news;
}

void tell_key(struct worker *worker, const struct signer *signer)
{
    struct key_news *news = key_news_new();

    news->fingerprint = g_strdup(signer_fingerprint(signer));
    news->origin = g_strdup(signer_origin(signer));
    news->is_new = signer_is_new(signer);
    worker_tell(worker, &news->letter);
}

void tell_key_fault(struct worker *worker, const struct fault *fault)
{
    struct key_news *news = key_news_new();

    news->fault = g_strdup_printf(*fault->hint ? "%s\n%s" : "%s%s", fault->text, fault->hint);
    worker_tell(worker, &news->letter);
}
