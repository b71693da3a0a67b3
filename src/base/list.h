/* An intrusive doubly linked list: the link is a member of the element, so that adding and removing
 * allocate nothing and an element can remove itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *previous;
};

#define LIST_INIT(head) ((struct list){.next = &(head), .previous = &(head)})

static inline void list_init(struct list *list)
{
    list->next = list;
    list->previous = list;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->next == list;
}

/* Puts `link` at the end of `list`. */
static inline void list_append(struct list *list, struct list *link)
{
    link->next = list;
    link->previous = list->previous;
    list->previous->next = link;
    list->previous = link;
}

/* Takes `link` out of the list it is in; harmless for a link that is in none (after list_init). */
static inline void list_remove(struct list *link)
{
    link->next->previous = link->previous;
    link->previous->next = link->next;
    list_init(link);
}

#define container_of(pointer, type, member) \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Walks the elements; the current one may be removed in the body. */
#define list_for_each(head, type, member, element)                             \
    for (struct list *at_ = (head)->next, *next_ = at_->next;                  \
         at_ != (head) && ((element) = container_of(at_, type, member), true); \
         at_ = next_, next_ = at_->next)
