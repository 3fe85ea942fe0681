using System.Security.Cryptography;
using System.Text;
using OpsMonitor.Silo.Local.Vault;

namespace OpsMonitor.Web.Channels;

/// <summary>
/// Secrets of channels: sealed by AES-GCM with channels.key, each with its own name inside, so that one cannot be put in another's place. They
/// go out in requests and nowhere else: no log, no answer, no page.
/// </summary>
internal sealed class SecretBox(LetterTable table, VaultKey key)
{
    /// <summary>The longest secret that is taken, in characters.</summary>
    public const int MostChars = 2_000;

    public string? Find(string channel, string name)
    {
        if (table.Secret(channel, name) is not { } row) return null;
        try
        {
            var text = Encoding.UTF8.GetString(key.Unwrap(row));
            var mark = Mark(channel, name);
            return text.StartsWith(mark, StringComparison.Ordinal) ? text[mark.Length..] : null;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or OverflowException)
        {
            return null; // of another key, or damaged: as if it was never set, which the page shows
        }
    }

    public bool Has(string channel, string name) => Find(channel, name) is not null;

    public void Keep(string channel, string name, string value, long at) => table.KeepSecret(channel, name, key.Wrap(Encoding.UTF8.GetBytes(Mark(channel, name) + value)), at);

    private static string Mark(string channel, string name) => $"{channel}\n{name}\n";
}
