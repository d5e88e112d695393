"""The outside world, pretended: a telephone network, a mailbox, and borrowers who behave by script.

Lives here: servers that speak the Twilio and SendGrid APIs, their record, the inbox page.
May import: nothing of ours, so that what it counts against us is counted independently.
"""
