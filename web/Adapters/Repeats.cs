using OpsMonitor.Grains.Events;

namespace OpsMonitor.Web.Adapters;

/// <summary>
/// Tells what a sender says again from what is news, for senders whose words have no id of their own: by the subject's history, so that nothing more
/// has to be remembered. (docs: adapters, once)
/// </summary>
internal static class Repeats
{
    private const char Mark = '~';

    /// <param name="history">what is known of the event's subject; null where the host keeps none</param>
    /// <param name="delivery">ids of all events of this delivery</param>
    /// <returns>the event to offer, perhaps under a numbered id; null where it says nothing new</returns>
    public static Event? News(Mapped mapped, IReadOnlyList<Event>? history, IReadOnlyCollection<string> delivery)
    {
        var (once, e) = (mapped.Once, mapped.Event);
        if (once == Once.No || history is null) return e;
        var own = history.Where(h => h.Source == e.Source).ToList();
        var same = own.Count(h => Base(h.Id) == e.Id);
        if (same == 0) return e;
        if (once == Once.Ever) return null;
        if (once == Once.Latest) return Base(own.Last(h => h.Type == e.Type).Id) == e.Id ? null : Numbered(e, same + 1);
        return delivery.Contains(Base(own[^1].Id)) ? null : Numbered(e, same + 1);
    }

    private static string Base(string id) => id.LastIndexOf(Mark) is var at and > 0 ? id[..at] : id;

    private static Event Numbered(Event e, int n)
    {
        var node = System.Text.Json.Nodes.JsonNode.Parse(e.Raw.Span)!;
        node["id"] = $"{e.Id}{Mark}{n}";
        return EventReader.Read(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(node)).Event ?? e;
    }
}
