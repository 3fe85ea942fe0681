using System.Text.Json.Nodes;

namespace OpsMonitor.Web.Send;

/// <summary>
/// Makes a file's events those of a named run: other ids, and other tickets, contacts, callbacks and surveys, so that a second run stands
/// beside the first. Customers, agents and departments stay who they are.
/// </summary>
internal static class RunName
{
    private static readonly string[] DataFields = ["ticket_id", "contact_id", "callback_id", "origin_contact_id", "into_ticket_id", "target", "ticket_ids"];

    public static void Apply(JsonObject e, string run)
    {
        Name(e, "id", run);
        if (e["subject"]?.ToString().Split('/')[0] is "ticket" or "contact" or "callback" or "survey") Name(e, "subject", run);
        if (e["data"] is not JsonObject data) return;
        foreach (var field in DataFields) Name(data, field, run);
    }

    private static void Name(JsonObject holder, string field, string run)
    {
        if (holder[field] is JsonArray list)
            for (var i = 0; i < list.Count; i++) list[i] = Named(list[i], run);
        else if (holder[field] is JsonValue) holder[field] = Named(holder[field], run);
    }

    private static JsonNode? Named(JsonNode? node, string run) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? $"{text}.{run}" : node?.DeepClone();
}
