"""Who learns. Classes, enrolment and attendance come with the training issue; the ladder already keeps their
place.
"""
