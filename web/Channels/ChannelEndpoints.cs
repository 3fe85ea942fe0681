using System.Text.Json;
using OpsMonitor.Grains.Alerts;
using OpsMonitor.Silo.Local.Vault;
using OpsMonitor.Web.Access;
using OpsMonitor.Web.Alerts;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Channels.Translators;
using OpsMonitor.Web.Ingest;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Channels;

/// <summary>How channels do, their test, their dead letters, and what stands in channels.yaml. No answer holds a secret.</summary>
internal static class ChannelEndpoints
{
    private const int MostListed = 100;

    public static void AddChannels(this IServiceCollection services, string folder)
    {
        var path = Path.Combine(folder, "channels.db");
        services.AddSingleton(_ => new LetterTable(path));
        services.AddSingleton(p => new SecretBox(p.GetRequiredService<LetterTable>(), VaultKey.OpenOrCreate(Path.Combine(folder, "channels.key"), mayCreate: !p.GetRequiredService<LetterTable>().HasSecrets)));
        services.AddSingleton(p => new ChannelStore(folder, p.GetRequiredService<IOpsHost>(), p.GetRequiredService<StartState>()));
        services.AddSingleton(p => new GuardedDialer(() => p.GetRequiredService<ChannelStore>().Current().Settings.Allow));
        services.AddSingleton<HttpSender>();
        services.AddSingleton<MailSender>();
        services.AddSingleton<MessageText>();
        services.AddSingleton<ISender, Sender>();
        services.AddSingleton<IOutsideRows, HostRows>();
        services.AddSingleton(p => new Courier(
            p.GetRequiredService<IOutsideRows>(), p.GetRequiredService<ChannelStore>(), p.GetRequiredService<LetterTable>(), p.GetRequiredService<ISender>(), p.GetRequiredService<TimeProvider>(),
            p.GetRequiredService<ILogger<Courier>>()));
        services.AddHostedService<DeadMan>();
        services.AddHostedService<SelfWatch>();
        services.AddHostedService(p =>
        {
            var courier = p.GetRequiredService<Courier>();
            p.GetRequiredService<IOpsHost>().Changed += courier.Wake;
            return courier;
        });
    }

    /// <summary>What may be read.</summary>
    public static void MapChannels(this RouteGroupBuilder group)
    {
        group.MapGet("/api/v1/channels", (RequestDelegate)List);
        group.MapGet("/api/v1/channels/{id}/letters", (RequestDelegate)Letters);
        group.MapGet("/api/v1/alerts/{code}/told", (RequestDelegate)ToldOf);
    }

    /// <summary>What an administrator may do.</summary>
    public static void MapChannelActs(this RouteGroupBuilder group)
    {
        group.MapGet("/api/v1/channels/file", (RequestDelegate)File);
        group.MapPut("/api/v1/channels/file", (RequestDelegate)Save);
        group.MapPut("/api/v1/channels/{id}/secrets", (RequestDelegate)SetSecrets);
        group.MapPost("/api/v1/channels/{id}/test", (RequestDelegate)Test);
        group.MapPost("/api/v1/channels/{id}/enable", (RequestDelegate)Enable);
        group.MapPost("/api/v1/channels/{id}/letters/{letter}/again", (RequestDelegate)Again);
    }

    /// <summary>How many letters wait and how many are dead, for whoever watches this server.</summary>
    public static void WriteMetrics(IServiceProvider services, Action<string, string, string> head, Action<string, long> line)
    {
        if (services.GetService<ChannelStore>() is not { } store) return;
        var table = services.GetRequiredService<LetterTable>();
        head("opsmonitor_letters", "gauge", "Messages of a channel that wait, and that were given up.");
        foreach (var id in store.Current().Settings.Channels.Keys)
            foreach (var state in (LetterState[])[LetterState.Waiting, LetterState.Dead])
                line($"opsmonitor_letters{{channel=\"{id}\",state=\"{LetterTable.NameOf(state)}\"}}", table.Count(id, state));
    }

    private static T Get<T>(HttpContext context) where T : notnull => context.RequestServices.GetRequiredService<T>();

    private static string IdOf(HttpContext context) => (string)context.Request.RouteValues["id"]!;

    private static Problem NotFound => new(404, "no_such_channel", "No channel has this id.");

    private static ChannelEntry? ChannelOf(HttpContext context) => Get<ChannelStore>(context).Current().Settings.Channels.GetValueOrDefault(IdOf(context));

    private static Task List(HttpContext context)
    {
        var (now, host) = (Get<ChannelStore>(context).Current(), Get<IOpsHost>(context));
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteNumber("now", host.Now);
            json.WriteString("zone", Get<BoardDirectory>(context).Zone("all"));
            json.WriteString("fault", now.Fault?.Rule);
            json.WriteNumber("fault_line", now.Fault?.Line ?? 0);
            json.WriteString("fallback", now.Settings.Fallback);
            json.WriteStartArray("channels");
            ChannelJson.Web(json, host.OutboxCensus.Pending);
            foreach (var channel in now.Settings.Channels.Values) ChannelJson.Write(json, channel, Get<LetterTable>(context), Get<SecretBox>(context));
            json.WriteEndArray();
            json.WriteStartArray("contacts"); // names alone: addresses are personal
            foreach (var contact in now.Settings.Contacts)
            {
                json.WriteStartObject();
                json.WriteString("id", contact.Id);
                json.WriteString("name", contact.Name);
                json.WriteBoolean("mail", contact.Addresses.ContainsKey(ChannelKinds.Mail));
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
    }

    private static Task Letters(HttpContext context)
    {
        if (ChannelOf(context) is not { } channel) return NotFound.WriteAsync(context);
        LetterState? state = context.Request.Query["state"].ToString() switch { "" or "dead" => LetterState.Dead, "waiting" => LetterState.Waiting, "sent" => LetterState.Sent, "dropped" => LetterState.Dropped, _ => null };
        if (state is not { } wanted) return new Problem(400, "bad_parameter", "'state' is dead, waiting, sent or dropped.", "/state").WriteAsync(context);
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteStartArray("letters");
            foreach (var letter in Get<LetterTable>(context).Of(channel.Id, wanted, MostListed)) ChannelJson.Write(json, letter);
            json.WriteEndArray();
        });
    }

    private static Task ToldOf(HttpContext context)
    {
        if (AlertDesk.Find(Get<IOpsHost>(context), (string)context.Request.RouteValues["code"]!) is not { } alert)
            return new Problem(404, "no_such_alert", "No alert has this code.").WriteAsync(context);
        var people = Get<ChannelStore>(context).Current().Settings.Contacts;
        return Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteStartArray("decisions");
            foreach (var decision in Get<LetterTable>(context).DecisionsOf(alert.Key.Id, MostListed)) ChannelJson.Write(json, decision, people);
            json.WriteEndArray();
        });
    }

    private static Task File(HttpContext context)
    {
        var now = Get<ChannelStore>(context).Current();
        context.Response.Headers.ETag = $"\"{now.Tag}\"";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "text/yaml; charset=utf-8";
        return context.Response.WriteAsync(now.Text, context.RequestAborted);
    }

    private static async Task Save(HttpContext context)
    {
        if (await PolicyEndpoints.TextAsync(context) is not { } text) return;
        var (store, match) = (Get<ChannelStore>(context), context.Request.Headers.IfMatch.ToString().Trim('"'));
        if (match.Length == 0) { await new Problem(428, "if_match_required", "If-Match must name the ETag of the text that this follows.").WriteAsync(context); return; }
        try
        {
            if (!store.Save(text, match)) { await new Problem(412, "changed_meanwhile", "It was saved meanwhile. Read it again and put your change on top of that.").WriteAsync(context); return; }
            Get<Courier>(context).Wake();
            context.Response.Headers.ETag = $"\"{store.Current().Tag}\"";
            await Reply.WriteAsync(context, 200, "application/json", json => json.WriteNumber("channels", store.Current().Settings.Channels.Count));
        }
        catch (ReferenceDataException fault)
        {
            await new Problem(422, "channels_refused", fault.Rule).WriteAsync(context, json => json.WriteNumber("line", fault.Line));
        }
    }

    private static async Task SetSecrets(HttpContext context)
    {
        if (ChannelOf(context) is not { } channel) { await NotFound.WriteAsync(context); return; }
        var (body, problem) = await RequestBody.ReadAsync(context);
        var known = ChannelKinds.ByName[channel.Kind].Secrets;
        var values = problem is null ? SecretsOf(body, channel, known, out problem) : null;
        if (values is null) { await problem!.WriteAsync(context); return; }
        foreach (var (name, value) in values) Get<SecretBox>(context).Keep(channel.Id, name, value, Get<IOpsHost>(context).Now);
        await Reply.WriteAsync(context, 200, "application/json", json => ChannelJson.Secrets(json, channel, Get<SecretBox>(context)));
    }

    // A fault names the field and never its value.
    private static IReadOnlyList<(string Name, string Value)>? SecretsOf(ReadOnlyMemory<byte> body, ChannelEntry channel, IReadOnlyList<string> known, out Problem? problem)
    {
        problem = null;
        var values = new List<(string, string)>();
        try
        {
            using var document = JsonDocument.Parse(body, new() { MaxDepth = 2, AllowDuplicateProperties = false });
            foreach (var p in document.RootElement.EnumerateObject())
            {
                if (!known.Contains(p.Name, StringComparer.Ordinal)) { problem = new(400, "bad_field", $"A channel of this kind has the secrets {string.Join(", ", known)}."); return null; }
                var value = p.Value.ValueKind == JsonValueKind.String ? p.Value.GetString()! : "";
                var good = value.Length is > 0 and <= SecretBox.MostChars && !value.Any(char.IsControl) && (p.Name, channel.Kind) switch
                {
                    (ChannelKinds.Url, _) => Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "https" or "http" && url.UserInfo.Length == 0,
                    (ChannelKinds.Secret, "webhook" or Out.Subscriptions.Kind) => Webhook.KeyOf(value) is not null,
                    _ => true,
                };
                if (!good) { problem = new(400, "bad_field", "The secret is not one of its kind: an https address, or for a webhook whsec_ and base64 of 24 to 64 bytes.", "/" + p.Name); return null; }
                values.Add((p.Name, value));
            }
            return values;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            problem = new(400, "malformed_json", "The body is a JSON object of texts.");
            return null;
        }
    }

    private static async Task Test(HttpContext context)
    {
        var settings = Get<ChannelStore>(context).Current().Settings;
        if (!settings.Channels.TryGetValue(IdOf(context), out var channel)) { await NotFound.WriteAsync(context); return; }
        var wanted = context.Request.Query["contact"].ToString();
        var contact = channel.Mail is null ? null : settings.Contacts.FirstOrDefault(c => c.Addresses.ContainsKey(ChannelKinds.Mail) && (wanted.Length == 0 || c.Id == wanted))?.Id;
        if (channel.Mail is not null && contact is null) { await new Problem(404, "no_such_contact", "No contact with a mail address has this id.", "/contact").WriteAsync(context); return; }
        var (result, ms) = await Get<Courier>(context).TestAsync(settings, channel, contact, context.RequestAborted);
        await Reply.WriteAsync(context, 200, "application/json", json =>
        {
            json.WriteBoolean("delivered", result.Delivered);
            json.WriteString("detail", result.Detail);
            json.WriteNumber("ms", ms);
            json.WriteString("contact", contact);
        });
    }

    private static Task Enable(HttpContext context)
    {
        if (ChannelOf(context) is not { } channel) return NotFound.WriteAsync(context);
        Get<LetterTable>(context).Enable(channel.Id);
        return Reply.WriteAsync(context, 200, "application/json", json => json.WriteString("id", channel.Id));
    }

    private static Task Again(HttpContext context)
    {
        if (ChannelOf(context) is not { } channel) return NotFound.WriteAsync(context);
        if (!long.TryParse((string?)context.Request.RouteValues["letter"], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var letter)
            || !Get<LetterTable>(context).Again(channel.Id, letter, Get<TimeProvider>(context).GetUtcNow().ToUnixTimeMilliseconds()))
            return new Problem(404, "no_such_letter", "The channel has no dead letter with this number.").WriteAsync(context);
        Get<Courier>(context).Wake();
        return Reply.WriteAsync(context, 200, "application/json", json => json.WriteNumber("letter", letter));
    }
}
