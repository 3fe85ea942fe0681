using System.Text.Json;
using System.Text.Json.Nodes;
using OpsMonitor.Grains.Events;
using OpsMonitor.Silo.Local.Vault;

namespace OpsMonitor.Web.Vault;

/// <summary>
/// Takes <c>data.customer</c> off an event before anybody else sees it, and leaves a reference. What remains is read again and so canonical:
/// a repeat is told by what remains, the same event gives the same bytes. (spec: events, personal data)
/// </summary>
internal static class Diversion
{
    private const int MaxText = 256;

    /// <returns>the event without personal data, or why it cannot be one; who it is about and what was said of them, or null</returns>
    public static (ReadResult Event, string? Customer, PersonalData? Data) Take(Event e, CustomerVault vault)
    {
        // Canonical bytes have no white space and no needless escapes: nearly every event is let by here.
        if (e.Raw.Span.IndexOf("\"customer\":"u8) < 0) return (e, null, null);
        var root = JsonNode.Parse(e.Raw.Span)!.AsObject();
        if (root["data"] is not JsonObject data || !data.ContainsKey("customer")) return (e, null, null);
        var said = data["customer"] as JsonObject;
        data.Remove("customer"); // whatever it was: half a customer is personal data too
        var personal = new PersonalData(Text(said, "name"), Text(said, "phone"), Text(said, "email"));
        var customer = Text(data, "customer_ref");
        if (customer is null && said is not null) data["customer_ref"] = customer = Reference(e, personal, vault);
        var read = EventReader.Read(JsonSerializer.SerializeToUtf8Bytes<JsonNode>(root));
        return (read, customer, said is null ? null : personal);
    }

    /// <summary>The same number or address is the same customer; a name alone is nobody in particular, so then it is this subject's.</summary>
    private static string Reference(Event e, PersonalData data, CustomerVault vault)
    {
        var phone = string.Concat((data.Phone ?? "").Where(char.IsAsciiDigit));
        if (phone.Length > 0) return vault.ReferenceOf("phone", phone);
        return data.Email is { } email ? vault.ReferenceOf("email", email.Trim().ToLowerInvariant()) : vault.ReferenceOf("subject", e.Subject.ToString());
    }

    private static string? Text(JsonObject? holder, string field) =>
        holder?[field] is JsonValue value && value.TryGetValue<string>(out var text) && text.Length is > 0 and <= MaxText ? text : null;
}
