using OpsMonitor.Web.Read;

namespace OpsMonitor.Web.Access;

/// <summary>Which departments the caller may read of: those of the key; all without a key, where the endpoint let that in.</summary>
/// <param name="Departments">null for all</param>
internal readonly record struct Reach(IReadOnlyList<string>? Departments)
{
    public static Reach Of(HttpContext context) => new(context.Features.Get<ApiKey>()?.Departments);

    public bool IsWhole => Departments is null;

    /// <summary>What belongs to no department belongs to those who may read all.</summary>
    public bool Sees(string? department) => Departments is null || (department is not null && Departments.Contains(department, StringComparer.Ordinal));

    /// <summary>A scope of the books as far as the caller may see: "all" becomes all of his.</summary>
    /// <exception cref="QueryException">He may not; whether there is such a department is not said.</exception>
    public string Within(string scope)
    {
        if (Departments is null) return scope;
        if (scope == "all") return Departments.Count == 1 ? "department/" + Departments[0] : "departments/" + string.Join(',', Departments);
        var slash = scope.IndexOf('/', StringComparison.Ordinal);
        // A queue may serve several departments.
        if (scope[..slash] is not "queue" && scope[(slash + 1)..].Split(',').All(Departments.Contains)) return scope;
        throw new QueryException("scope", "scope_forbidden", "The key may not read of that.", 403);
    }
}
