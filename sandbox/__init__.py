"""The outside world, pretended: telephones, mailboxes, a wallet, the post, and borrowers who behave by script.

Lives here: servers that speak the Twilio, SendGrid and wallet APIs, their record, the inbox page.
May import: nothing of ours, so that what it counts against us is counted independently.
"""
