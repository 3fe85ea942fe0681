using System.Security.Cryptography;
using System.Text;
using OpsMonitor.Web.Channels.Translators;

namespace OpsMonitor.Web.Channels;

/// <summary>Sends letters by whatever their channel is. A test puts its own before it.</summary>
internal interface ISender
{
    Task<SendResult> SendAsync(ChannelSettings settings, ChannelEntry channel, IReadOnlyList<Letter> letters, long now, CancellationToken stop);
}

/// <summary>Translates and sends: one letter, or several as a digest.</summary>
internal sealed class Sender(MessageText text, SecretBox secrets, HttpSender http, MailSender mail) : ISender
{
    public Task<SendResult> SendAsync(ChannelSettings settings, ChannelEntry channel, IReadOnlyList<Letter> letters, long now, CancellationToken stop)
    {
        var first = letters[0];
        var contact = settings.Contacts.FirstOrDefault(c => c.Id == first.Contact);
        var (language, zone) = contact is null ? (channel.Language, channel.Zone) : (contact.Language, contact.Zone);
        var message = letters.Count == 1 ? text.Of(first, language, zone, settings.BaseUrl) : text.Digest(letters, language, zone, settings.BaseUrl);
        return channel.Mail is { } server ? MailAsync(channel, server, contact, letters, message, language, stop) : CallAsync(settings, channel, letters, message, now, stop);
    }

    private Task<SendResult> MailAsync(ChannelEntry channel, MailServer server, Contact? contact, IReadOnlyList<Letter> letters, Message message, string language, CancellationToken stop)
    {
        if (contact is null || !contact.Addresses.TryGetValue(ChannelKinds.Mail, out var to)) return Unset("the contact has no address any more");
        var password = server.User is null ? null : secrets.Find(channel.Id, ChannelKinds.Password);
        if (server.User is not null && password is null) return Unset("no password is set");
        return mail.SendAsync(server, password, to, MailLetter.Compose(message, IdOf(letters), server.From, to, language, letters.Max(l => l.Notice.At)), channel.TimeoutMs, stop);
    }

    private Task<SendResult> CallAsync(ChannelSettings settings, ChannelEntry channel, IReadOnlyList<Letter> letters, Message message, long now, CancellationToken stop)
    {
        var kind = ChannelKinds.ByName[channel.Kind];
        var url = channel.Url ?? (secrets.Find(channel.Id, ChannelKinds.Url) is { } hidden && Uri.TryCreate(hidden, UriKind.Absolute, out var set) ? set : null);
        if (url is null) return Unset("no address is set");
        if (!ChannelReader.IsAddress(url, settings.Allow)) return Unset("address refused");
        var secret = kind.Secrets.Contains(ChannelKinds.Secret) ? secrets.Find(channel.Id, ChannelKinds.Secret) : null;
        if (secret is null && kind.Secrets[0] == ChannelKinds.Secret) return Unset("no secret is set");
        var call = kind.Call!(new(message, letters.Count == 1 ? letters[0] : null, letters[0].Key, url, secret, Mentions(settings, channel, letters), message.Link, now));
        return http.SendAsync(call, kind.Read!, channel.TimeoutMs, DateTimeOffset.FromUnixTimeMilliseconds(now), stop);
    }

    // The same letters together have the same id.
    private static string IdOf(IReadOnlyList<Letter> letters) => letters.Count == 1 ? letters[0].Key
        : "digest." + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', letters.Select(l => l.Key)))).AsSpan(0, 16));

    // Calls those whose level it is, where it is about something that stands.
    private static List<string> Mentions(ChannelSettings settings, ChannelEntry channel, IReadOnlyList<Letter> letters)
    {
        const int most = 20;
        var found = new List<string>();
        foreach (var letter in letters)
            if (letter is { Kind: not LetterKind.Test, Notice.State: Grains.Alerts.AlertState.Raised })
                foreach (var contact in settings.ContactsOf(letter.Notice.Department, letter.Level, letter.Notice.At))
                    if (found.Count < most && contact.Addresses.TryGetValue(channel.Kind, out var user) && !found.Contains(user)) found.Add(user);
        return found;
    }

    private static Task<SendResult> Unset(string what) => Task.FromResult(new SendResult(false, what));
}
