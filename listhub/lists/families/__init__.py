"""Families: lists made of one template, one by one, from a file, or by a first post.

document   what a family says            pattern   whose addresses are automatic
level      its settings below a list's   given     what is a list's own in it
rendered   both together, checked        register  families in the database
instances  one list of a family          roll      many, from a file
following  people and sources after a change of the family
automatic  lists that are made by their first post, and sleep without members
"""
