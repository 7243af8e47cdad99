"""What read-only checks inside the data find; rows of our own, since no cloud holds these.

A body holds counts, names of columns and salted digests: never a value of a row. The modules of `audit/sources/data/`
say what stands in each.
"""

from audit.kind import DATA, Kind, Scope


def _row(name: str) -> Kind:
    """Make the row of something that is only seen inside the data."""
    return Kind(arm=f"{DATA}{name}", api="", pulumi=(), scope=Scope.TENANT)


ADMINISTRATOR_COLUMNS = _row("sql.AdministratorColumns")
"""The columns of the table of administrators."""
ENQUIRY_COLUMNS = _row("sql.EnquiryColumns")
"""The columns of the table of enquiries."""
CONTACT_COLUMNS = _row("sql.ContactColumns")
"""The columns of the table of marketing contacts."""
LICENCE_COLUMNS = _row("sql.LicenceColumns")
"""The columns of the table by which installations are known."""
MAIL_LOG_COLUMNS = _row("sql.MailLogColumns")
"""The columns of the table into which the mail filter's log is imported."""
ACCOUNT_ADMINISTRATORS = _row("sql.AccountAdministrators")
"""How many accounts have no administrator."""
MAILBOX_CONTROLLERS = _row("sql.MailboxControllers")
"""How many mailboxes no administrator of their account is known to have made."""
ISOLATION = _row("sql.Isolation")
"""How many rows of others are shown to whom they are not meant for."""
OPT_OUT = _row("sql.OptOut")
"""How many mailings went to somebody who had opted out, or whom nobody knows."""
FREQUENCY = _row("sql.Frequency")
"""How many mailings were more than the promised number."""
CONTACT_CATEGORIES = _row("sql.ContactCategories")
"""How many contacts are neither customers nor may become ones."""
CONTACT_SOURCES = _row("sql.ContactSources")
"""How many contacts come from elsewhere than is promised."""
CONTACT_CONTEXT = _row("sql.ContactContext")
"""How many contacts nobody gave a reason for."""
CONTACT_IMPORTS = _row("sql.ContactImports")
"""How many imports of contacts are of lists that were bought."""
PURCHASES = _row("sql.Purchases")
"""How many tables of purchases lie elsewhere than in the company's own database."""
CONNECTORS = _row("sql.Connectors")
"""How many connections hand purchases to somebody else's service."""
MAIL_LOG_AGE = _row("sql.MailLogAge")
"""How many rows of the mail log are kept longer than is promised."""
PASSWORD_HASHES = _row("sql.PasswordHashes")
"""How many default passwords are not hashed with a salt of their own."""
PASSWORD_CHANGES = _row("sql.PasswordChanges")
"""How many default passwords need not be changed at once."""
PASSWORD_AGES = _row("sql.PasswordAges")
"""How many default passwords are older than is promised."""
SUPPORT_SESSIONS = _row("sql.SupportSessions")
"""How many sessions of operators no contract in force stands behind."""
DELETED_MAILBOXES = _row("sql.DeletedMailboxes")
"""How many deleted mailboxes still have a key."""
EXPORTS = _row("sql.Exports")
"""How many exports nobody gave a permission for."""
SCAN = _row("scan.Place")
"""A place that was searched for numbers of cards and of persons: how much of it, and what was found."""
BACKUP_LIST = _row("backup.DatabaseList")
"""The mailbox databases that there are, beside those that the backup of the mail servers holds."""
OFFSITE_LIST = _row("offsite.Manifest")
"""What the archive lists beside what the copy elsewhere holds."""
OFFSITE_SAMPLE = _row("offsite.Sample")
"""A sample of the copy elsewhere: whether each is ciphertext under our key."""
BREACH = _row("breach.Clock")
"""A confirmed breach: from when it was found to when the customer and the Commissioner were told."""
