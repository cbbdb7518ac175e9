# What gdb_sample.c expects, in its order.
set print finish off
break marker
run
echo ---\n
print *w->p
print *w->o
print *w->wide
print w->o
print w->nodes[0]
print w->none
print w->number
print w->link
print (value)4096
print w->point->name
print *w->leaf->name
print *w->leaf
print w->node
print *w->shared
print *w->called
print *w->dead
print w->dead
print (object *)w->called
print w->half
print w->text
print w->pair
print w->list
print *w->table
print *w->stack
print w->proxy
print *w->weak_set
print w->cycle
print *(object *)freed
print (object *)freed
objlab-heap w->rt->objects
objlab-heap w->rt->tables
objlab-block (char *)w->p + 8
objlab-block freed
objlab-block w
objlab-block w->spare
objlab-block w->returned
