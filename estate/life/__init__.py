"""What customers and the company did from 1998 to 2006, before any legacy system writes it down.

``make_life(world, book, demand)`` gives every event as columns in memory; writers turn them into the bytes of their
systems. Beside its own columns each table has those of :class:`~estate.life.events.Events`: ``party`` (row of the
book), ``minute`` (absolute; :mod:`estate.life.clock` tells what the clock showed), ``source`` (the system that was
master then, where the event stands, once), ``number`` (unique there), ``named_by`` (how that system names the party).
``NN`` is the point; until the customer's cutover an event stands in the system of the point, from that day on in the
platform or the central system. Rows are at demo size (1:1000).

==============  ==================================================  =========================================  =======
table           own columns                                         systems                                    rows
==============  ==================================================  =========================================  =======
contacts        second line ani topic wait_s talk_s outcome agent   ztNN-il-*, zt99-il-NN; zt63- zt51- zt01-   90 000
                from_ivr is_rerouted case attempt is_solved         zt27- zt35-cti
ivr             second ani topic duration_s with_pin contact        zt63- zt51- zt01- zt27- zt35-ivr           60 000
visits          office topic queue_s served_s travel_km is_solved   ztNN-bok; zt99-bok                         10 000
messages        topic thread reply_minutes advisor is_spam          zt99-poczta, zt99-formularze                  150
orders          product channel contact promised_day status         ztNN-orders; zt99-orders                   15 000
                closed_minute
work_orders     order step task done_minute                         as the order                               20 000
resignations    product reason contact channel effective_day        ztNN-orders; zt99-orders                    4 000
needs           product contact channel                             ztNN-orders; zt99-orders                    2 000
enquiries       product contact channel answered_minute             ztNN-orders; zt99-orders                    3 000
complaints      category channel contact letter amount_grosze       ztNN-complaints; zt99-complaints            6 000
                granted_grosze decision decided_day decided_by
                reopened_from
faults          cause contact repaired_minute reopened_from         ztNN-faults; zt99-faults                   12 000
invoices        month cycle due_day amount_grosze usage_grosze      ztNN-billing; zt99-billing                100 000
payments        invoice payer way kind amount_grosze title          ztNN-payments; zt99-payments              100 000
                old_form branch
letters         batch position pages barcode topic signed_day       zt99-skany                                  4 000
                routed_minute advisor
logins          second login is_ok is_bot is_retry address agent    zt99-portal                                20 000
pins            action channel                                      zt99-pin                                    2 500
surveys         contact score asked_minute mode                     zt99-ankiety                                1 500
usage           second called duration_s units unit exchange        zt99-cdr                                    5 000
==============  ==================================================  =========================================  =======

Columns that are positions in another table (``contact``, ``order``, ``invoice``, ``letter``, ``thread``,
``reopened_from``) are truth where no system of the time kept them; a writer decides which of them its format shows.
"""
