import Foundation
import Pipeline

/// What a model's file is read with besides its own text.
struct ModelScope: Sendable {
    var config = ProjectConfig()
    /// What the first of three parts of a name may be; empty: anything.
    var databases: Set<String> = []
    /// What `1 week ago` counts from.
    var now = Moment(Date())
    /// True for a text that was kept when it was promoted: what later versions came to refuse runs on as it did.
    var isStored = false

    var defaults: ModelDefaults { config.modelDefaults }
}
