"""i18n: the languages that people are written to in.

English is the source: what stands in the code is what people read.  Other languages
are .po files in `locale/`, compiled in memory, so that nothing has to be built.
"""
